import { readFile } from 'node:fs/promises';
import { expect, it, vi } from 'vitest';

it("the README's first example is examples/quickstart.ts, and prints what it says", async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const source = await readFile(new URL('./quickstart.ts', import.meta.url), 'utf8');
  expect(/```ts\n([\s\S]*?)```/.exec(readme)?.[1]).toBe(source);
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import('./quickstart.ts');
  const promised = /console\.log\(.*\); \/\/ (.*)/.exec(source)?.[1];
  expect(log.mock.calls.map((call) => call.join(' '))).toEqual([promised]);
  log.mockRestore();
});
