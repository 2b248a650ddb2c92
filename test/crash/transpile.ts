import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Writes a TypeScript file of the project and all that it imports as JavaScript into a directory under the project, so that processes start
 * without a compiler. Returns the path of the file.
 */
export function transpiled(entry: string, into: string): string {
  const done = new Set<string>();
  const todo = [entry];
  for (let path = todo.pop(); path !== undefined; path = todo.pop()) {
    if (done.has(path)) continue;
    done.add(path);
    const source = readFileSync(path, 'utf8');
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2022,
        verbatimModuleSyntax: true,
        rewriteRelativeImportExtensions: true,
      },
    });
    const target = placeOf(path, into);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, outputText);
    for (const { fileName } of ts.preProcessFile(outputText).importedFiles) {
      if (fileName.startsWith('.')) todo.push(join(dirname(path), fileName.replace(/\.js$/, '.ts')));
    }
  }
  return placeOf(entry, into);
}

function placeOf(path: string, into: string): string {
  return join(into, relative(root, path).replace(/\.ts$/, '.js'));
}
