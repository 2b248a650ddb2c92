import { appendFileSync, readFileSync } from 'node:fs';
import { test } from 'vitest';
import { startMilvus } from '../../conformance/backends/milvus.ts';
import { connect } from '../../src/index.ts';
import { formatPath } from '../../src/filter/path.ts';
test('crash', async () => {
  const server = await startMilvus('milvus');
  const db = await connect(server.url);
  const c = await db.createCollection('session-test', { dimension: 2, metric: 'euclidean', index: { type: 'flat' } }, { ifExists: 'recreate' });
  const keys = JSON.parse(readFileSync('/tmp/mv/keys.json', 'utf8'));
  await c.upsert([{ id: 'x', vector: [1, 1], payload: Object.fromEntries(keys.slice(0, 200).map((k: string, i: number) => [k, i])) }]);
  for (const k of keys) {
    for (const f of [{ [formatPath([k])]: { $exists: true } }, { [formatPath(['nested', k])]: 'x' }]) {
      const t0 = performance.now();
      const r = await c.filter(f as never).catch((e) => e);
      if (performance.now() - t0 > 1000 || r instanceof Error) { appendFileSync('/tmp/mv/crash.txt', `${JSON.stringify(f)} ${performance.now() - t0} ${r.code} ${r.message}\n`); if (r.code === 'Unavailable') { appendFileSync('/tmp/mv/crash.txt', readFileSync(`${server.directory}/server.log`, 'utf8').slice(-6000)); throw r; } }
    }
  }
  await db.close(); await server.stop();
}, 600_000);
