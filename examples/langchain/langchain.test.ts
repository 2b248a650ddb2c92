import { readFile } from 'node:fs/promises';
import { expect, it, vi } from 'vitest';

it('the example in docs/langchain.md is examples/langchain/langchain.ts, and prints what it says', async () => {
  const document = await readFile(new URL('../../docs/langchain.md', import.meta.url), 'utf8');
  const source = await readFile(new URL('./langchain.ts', import.meta.url), 'utf8');
  expect(/```ts\n([\s\S]*?)```/.exec(document)?.[1]).toBe(source);
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import('./langchain.ts');
  const promised = /console\.log\(.*\); \/\/ (.*)/.exec(source)?.[1];
  expect(log.mock.calls.map((call) => call.join(' '))).toEqual([promised]);
  log.mockRestore();
});
