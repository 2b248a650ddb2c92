import { describeKills } from './kills.ts';

const deep = process.env.ANYVEC_DEEP === '1';

describeKills({
  kills: deep ? 300 : 20,
  pairs: [
    ['native', 'jsonl'],
    ['jsonl', 'parquet'],
    ['parquet', 'qdrant'],
    ['qdrant', 'native'],
    ...(deep ? ([['hnswlib', 'pinecone']] as const) : []),
  ],
});
