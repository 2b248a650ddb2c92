import { Readable } from 'node:stream';
import { vi } from 'vitest';

import { main } from '../../src/cli/main.ts';

/** Runs `anyvec` in this process and catches what it prints. `stdin`: what it reads there. */
export async function runCli(argv: readonly string[], stdin?: string) {
  const text = { out: '', err: '' };
  const into = (name: keyof typeof text) => (chunk: string | Uint8Array) => {
    text[name] += String(chunk);
    return true;
  };
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(into('out')),
    vi.spyOn(process.stderr, 'write').mockImplementation(into('err')),
    ...(stdin === undefined
      ? []
      : [vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from([stdin]) as typeof process.stdin)]),
  ];
  try {
    return { code: await main(argv), ...text };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
