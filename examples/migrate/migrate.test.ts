import { expect, it, vi } from 'vitest';

it('a collection comes back from Qdrant and Parquet as it was', async () => {
  vi.stubEnv('MILVUS_URL', undefined);
  vi.stubEnv('QDRANT_URL', undefined);
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import('./main.ts');
  const lines = log.mock.calls.map((call) => call.join(' ').split(/\s+/));
  log.mockRestore();
  vi.unstubAllEnvs();
  expect(lines.map(([at]) => at)).toEqual(['native', 'qdrant', 'parquet', 'native']);
  expect(new Set(lines.map(([, ...rest]) => rest.join(' ')))).toEqual(new Set([`300 records ${lines[0]?.[3]}`]));
});
