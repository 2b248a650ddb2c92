import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { reference } from '../../scripts/docs.mjs';
import { cacheDir } from '../../scripts/lib/paths.mjs';

test('the reference has no public name without a doc comment, no broken link, and no type that it does not explain', async () => {
  expect(await reference()).toEqual([]);
});

test('each of these is found', async () => {
  const directory = mkdtempSync(join(cacheDir, 'reference-'));
  try {
    const file = join(directory, 'wrong.ts');
    const tsconfig = join(directory, 'tsconfig.json');
    writeFileSync(tsconfig, JSON.stringify({ compilerOptions: { lib: ['ES2022'], types: [] }, files: ['wrong.ts'] }));
    writeFileSync(
      file,
      `interface Hidden { a: number }
/** See {@link nowhere}. */
export interface Shown { /** Documented. */ hidden: Hidden }
export const undocumented = 1;
`,
    );
    const problems = await reference({ entries: [file], tsconfig });
    expect(problems).toHaveLength(3);
    for (const name of ['nowhere', 'Hidden', 'undocumented']) expect(problems.join('\n')).toContain(name);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
