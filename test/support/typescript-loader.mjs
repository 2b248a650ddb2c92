/** For tests that need a process of their own: `node --import ./typescript-loader.mjs some.ts` runs TypeScript sources as they are. */
import { register } from 'node:module';

const hooks = `
  import { readFileSync } from 'node:fs';
  import { fileURLToPath } from 'node:url';
  import ts from ${JSON.stringify(import.meta.resolve('typescript'))};
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true };
  export async function load(url, context, next) {
    if (!url.endsWith('.ts')) return next(url, context);
    const { outputText } = ts.transpileModule(readFileSync(fileURLToPath(url), 'utf8'), { compilerOptions });
    return { format: 'module', source: outputText, shortCircuit: true };
  }
`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
