import { readFileSync } from 'node:fs';
import { test } from 'vitest';
import { startMilvus } from '../../conformance/backends/milvus.ts';
import { connect } from '../../src/index.ts';

test('ns', async () => {
  const time = async <T>(label: string, work: () => Promise<T>) => {
    const t0 = performance.now();
    const r = await work().catch((e) => {
      console.log('ms ERR', label, e.message);
      return undefined as never;
    });
    const t = performance.now() - t0;
    if (t > 500) console.log(label, t.toFixed(0), 'ms');
    return r;
  };
  const server = await time('start', () => startMilvus('milvus-lite'));
  const db = await connect(server.url);
  const names: string[] = [...new Set(JSON.parse(readFileSync('/tmp/mv/keys.json', 'utf8')) as string[])].slice(0, 250);
  const store = await db.createCollection('namespaces', { dimension: 2, metric: 'euclidean', index: { type: 'flat' } });
  for (const [i, n] of names.entries())
    await time(`upsert ${JSON.stringify(n)}`, () =>
      store.namespace(n).upsert({ id: 'same', vector: [i, 1], payload: { i } }, { timeoutMs: 5000 }),
    );
  const l = await time(`list`, () => store.listNamespaces({ timeoutMs: 10000 }));
  console.log('ms', l?.length, names.length);
  for (const [i, n] of names.entries()) {
    await time(`get ${JSON.stringify(n)}`, () => store.namespace(n).get('same', { timeoutMs: 5000 }));
    if (i % 5 === 0)
      await time(`search ${JSON.stringify(n)}`, () => store.namespace(n).search([0, 0], { timeoutMs: 5000 }));
    if (i % 10 === 0)
      await time(`delete ${JSON.stringify(n)}`, () => store.namespace(n).delete({ all: true }, { timeoutMs: 5000 }));
  }
  await time('stats', () => store.stats());
  await time('close', () => db.close());
  await time('stop', () => server.stop());
}, 600_000);
