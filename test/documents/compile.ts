import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

import { root } from '../../scripts/lib/paths.mjs';
import type { Block } from './blocks.ts';

/** A block as a module of its own, in a file. */
export interface BlockFile {
  readonly block: Block;
  readonly path: string;
}

/** Writes a block as a module that the compiler and the test runner can read. */
export function writeBlock(block: Block, directory: string): BlockFile {
  const path = join(directory, `${block.name.replaceAll(/[^a-zA-Z0-9]+/g, '-')}.ts`);
  writeFileSync(path, `${importedOnce(`${block.before}${block.code}${block.after}`)}export {};\n`);
  return { block, path };
}

/** Documents repeat an import in each block that needs it; in one module that continues another it may stand only once. */
function importedOnce(code: string): string {
  const seen = new Set<string>();
  return code.replaceAll(/^import .*;$/gm, (line) => {
    const repeated = seen.has(line);
    seen.add(line);
    return repeated ? '' : line;
  });
}

/** What the compiler has against the blocks, strict and as the repository is compiled, with the places in the documents. */
export function problemsOf(files: readonly BlockFile[]): string[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root);
  // In a document a value that nobody reads shows what a call returns.
  const program = ts.createProgram(
    files.map(({ path }) => path),
    { ...options, noUnusedLocals: false, noUnusedParameters: false },
  );
  return files.flatMap(({ block, path }) => {
    const source = program.getSourceFile(path);
    if (source === undefined) return [`${block.name}: could not be read`];
    const hidden = block.before.split('\n').length - 1;
    return ts.getPreEmitDiagnostics(program, source).map(({ start = 0, messageText }) => {
      const line = source.getLineAndCharacterOfPosition(start).line - hidden;
      const place = line < 0 ? `${block.name}, before it` : `${block.document}:${block.line + line}`;
      return `${place}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
  });
}
