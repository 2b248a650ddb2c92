import { VectorStoreError } from 'anyvec';
import { miniLm, openMiniLm } from 'anyvec/minilm';

import { toDocument } from '../../../examples/semantic-search/documents.ts';
import type { Embedder } from '../../../examples/semantic-search/embedder.ts';
import { listen } from '../../../examples/semantic-search/service/listen.ts';
import { openService } from '../../../examples/semantic-search/service/service.ts';
import { cacheDir } from '../../../scripts/lib/paths.mjs';
import { articles } from './articles.ts';

/** The service of the example, listening, with the articles in it. */
export interface RunningService {
  /** Of the page, with a slash at its end. */
  readonly url: string;
  close(): Promise<void>;
}

/** The real model, on the thread of the test. */
export async function openModel(): Promise<Embedder> {
  const model = await openMiniLm({ cacheDir, threads: 1 });
  return {
    name: 'all-MiniLM-L6-v2-int8',
    version: miniLm.checksum.slice(0, 8),
    dimension: miniLm.dimension,
    embed: (texts, signal) => model.embed(texts, signal),
    close: () => model.close(),
  };
}

/** A model that has not been fetched yet. */
const absentModel: Embedder = {
  name: 'absent',
  version: '1',
  dimension: 8,
  embed: () => Promise.reject(new VectorStoreError('Unavailable', 'not fetched yet')),
};

const fields = { topic: 'keyword', year: 'number', published: 'datetime', illustrated: 'boolean' } as const;
const log = () => {};

/** Open to everybody: two backends, and every dense search is compared with the exact answer. */
export async function startOpenService(model: Embedder): Promise<RunningService> {
  const backends = [
    { name: 'first', url: 'native:' },
    { name: 'second', url: 'native:' },
  ];
  const service = await openService(
    { port: 0, backends, fields, search: { recallShare: 1 } },
    { log, embedders: { minilm: model } },
  );
  const { failed } = await service.documents.put('', articles.map(toDocument));
  if (failed.length > 0) throw new Error(`not stored: ${JSON.stringify(failed)}`);
  return running(service);
}

/** Keys of {@link startGuardedService}. */
export const keys = {
  reader: 'a-key-of-the-page-test-1',
  /** Of a tenant that has no documents, with two requests in three seconds after the first forty. */
  hurried: 'a-key-of-the-page-test-2',
} as const;

/** Only with a key; the model is not there yet. */
export async function startGuardedService(): Promise<RunningService> {
  const service = await openService(
    {
      port: 0,
      backends: [{ name: 'first', url: 'native:' }],
      fields,
      keys: [
        { env: 'READER', tenant: 'full' },
        { env: 'HURRIED', tenant: 'empty', requestsPerMinute: 40 },
      ],
    },
    { log, embedders: { minilm: absentModel }, env: { READER: keys.reader, HURRIED: keys.hurried } },
  );
  await service.documents.put('full', articles.map(toDocument));
  return running(service);
}

async function running(service: Awaited<ReturnType<typeof openService>>): Promise<RunningService> {
  const { url, close } = await listen(service);
  return { url: `${url}/`, close: async () => void (await close()) };
}
