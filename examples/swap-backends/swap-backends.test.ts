import { expect, it, vi } from 'vitest';

it('the same program prints the same answers on three backends', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import('./main.ts');
  const printed = log.mock.calls.map((call) => call.join(' '));
  log.mockRestore();
  const answers = [
    'at sea: Moby-Dick 0.994, The Sea-Wolf 0.924, The Moonstone 0.105',
    'old, and not lent: The Moonstone',
    'on love or war: The Moonstone, War and Peace',
    'never had: emma-2',
  ].join('\n  ');
  const backends = ['native:', 'hnswlib', 'qdrant'];
  expect(printed).toEqual([...backends.map((name) => `${name}\n  ${answers}`), 'The answers are equal.']);
});
