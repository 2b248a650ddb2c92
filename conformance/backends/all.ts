import type { Harness } from '../harness.ts';
import { directoryHarness } from './directory.ts';
import { milvusHarness } from './milvus.ts';
import { pineconeHarness } from './pinecone.ts';
import { qdrantHarness } from './qdrant.ts';

/** A backend as the suite runs against it in this repository. */
export interface TestedBackend {
  /** Its column in docs/backends.md. */
  readonly name: string;
  /** What exactly was tested, as a reader must know it. */
  readonly tested: string;
  harness(): Harness;
}

/** Every backend, once each. */
export const testedBackends: readonly TestedBackend[] = [
  {
    name: 'native',
    tested: 'the engine of this package, in memory and in a directory',
    harness: () => directoryHarness('native'),
  },
  { name: 'hnswlib', tested: 'hnswlib-node 3.0, `hnsw` index', harness: () => directoryHarness('hnswlib') },
  {
    name: 'faiss',
    tested: 'faiss-node 0.5.1, `hnsw` and `ivf-flat` indexes',
    harness: () => directoryHarness('faiss'),
  },
  { name: 'jsonl', tested: 'files of JSON lines', harness: () => directoryHarness('jsonl') },
  {
    name: 'parquet',
    tested: 'Parquet files by hyparquet 1.31 and hyparquet-writer 0.17, also with every write flushed',
    harness: () => directoryHarness('parquet'),
  },
  {
    name: 'qdrant',
    tested:
      'clients 1.18 and 1.19 with the server of this package, which is held to the recorded answers of a real Qdrant 1.18.3',
    harness: () => qdrantHarness('1.19'),
  },
  {
    name: 'milvus 2.3',
    tested: 'a real Milvus 2.3.5 standalone server, client 3.0.6',
    harness: () => milvusHarness('milvus'),
  },
  {
    name: 'milvus-lite',
    tested: 'a real milvus-lite 3.2.2, client 3.0.0',
    harness: () => milvusHarness('milvus-lite'),
  },
  {
    name: 'pinecone',
    tested: 'clients 8.2 and 9.0 with the server of this package; **never the live service**',
    harness: () => pineconeHarness({ client: '9.0' }),
  },
];
