import { Document } from '@langchain/core/documents';
import { SyntheticEmbeddings } from '@langchain/core/utils/testing';
import { connect } from 'anyvec';
import { AnyvecVectorStore } from 'anyvec/langchain';

const embeddings = new SyntheticEmbeddings({ vectorSize: 384 }); // in its place: the embeddings of your model
const database = await connect('native:'); // or native:./data, qdrant://localhost:6333, pinecone:// …
const store = await AnyvecVectorStore.fromDocuments<{ pageContent: string; lang: string; year: number }>(
  [
    new Document({ id: 'a1', pageContent: 'Retrying failed requests', metadata: { lang: 'en', year: 2024 } }),
    new Document({ id: 'a2', pageContent: 'Brot backen', metadata: { lang: 'de', year: 2021 } }),
  ],
  embeddings,
  { database, collection: 'articles', fields: { lang: 'keyword', year: 'number' } },
);
const retriever = store.asRetriever({ k: 4, filter: { lang: 'en', year: { $gte: 2020 } } });
const found = await retriever.invoke('Retrying failed requests');
console.log(found.map(({ id, metadata }) => `${id} ${metadata.year}`).join()); // a1 2024
await database.close();
