import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import ts from 'typescript';

interface StaticImports {
  /** Files reached by relative imports, the entry included. */
  files: string[];
  /** Everything else that is imported, as written: packages and `node:` modules. */
  packages: string[];
  /** Names used in these files that are Node's globals. */
  globals: { name: string; file: string }[];
}

const nodeGlobals = new Set(['Buffer', 'require', '__dirname', '__filename']);

/** What is loaded at once when a module is imported; `import()` calls are not followed. */
export function staticImports(entry: string): StaticImports {
  const files = new Set<string>();
  const packages = new Set<string>();
  const globals: StaticImports['globals'] = [];
  const pending = [entry];
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ESNext);
    for (const specifier of specifiers(source)) {
      if (specifier.startsWith('.')) pending.push(resolve(dirname(file), specifier));
      else packages.add(specifier);
    }
    for (const name of usedGlobals(source)) globals.push({ name, file });
  }
  return { files: [...files], packages: [...packages], globals };
}

function specifiers(source: ts.SourceFile): string[] {
  return source.statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    const typesOnly = ts.isImportDeclaration(statement)
      ? statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
      : statement.isTypeOnly;
    if (typesOnly) return [];
    const specifier = statement.moduleSpecifier;
    return specifier !== undefined && ts.isStringLiteral(specifier) ? [specifier.text] : [];
  });
}

function usedGlobals(source: ts.SourceFile): Set<string> {
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && nodeGlobals.has(node.text)) found.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
