/** Node only. Finds the command, checks its options, runs it. */
import { createRequire } from 'node:module';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { renderUsage, runCommand } from 'citty';
import { z } from 'zod';

import { type ArgumentDefinition, type Command, commands } from './commands.ts';
import { describeError, exitCodeOf, UsageError } from './errors.ts';

/** Runs `anyvec` with these arguments and resolves to the exit code: 0, 1 (failed), 2 (wrong usage) or 130 (Ctrl-C). */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    return await run(argv);
  } catch (error) {
    process.stderr.write(`${describeError(error)}\n`);
    return exitCodeOf(error);
  }
}

async function run(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    print(await renderUsage(overview()), name === undefined ? process.stderr : process.stdout);
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === '-v') {
    print(version(), process.stdout);
    return 0;
  }
  const entry = commands.get(name);
  if (entry === undefined) throw new UsageError(`there is no command ${JSON.stringify(name)}; see anyvec --help`);
  const { command, notes } = await entry.load();
  if (asksForHelp(rest)) {
    print(`${(await renderUsage(command, overview())).trimEnd()}\n\n${notes}`, process.stdout);
    return 0;
  }
  assertKnownOptions(name, rest, await argumentsOf(command));
  const { result } = await runCommand(command, { rawArgs: rest });
  return typeof result === 'number' ? result : 0;
}

function overview(): Command {
  const subCommands = [...commands].map(([name, { description }]) => [name, { meta: { name, description } }] as const);
  return {
    meta: { name: 'anyvec', version: version(), description: 'One typed vector store over many backends' },
    subCommands: Object.fromEntries(subCommands),
  };
}

/** The package itself says which version it is: found by its own name, from the sources and from the build alike. */
function version(): string {
  const manifest: unknown = createRequire(import.meta.url)('anyvec/package.json');
  return z.object({ version: z.string() }).parse(manifest).version;
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end < 0 ? args.length : end).some((arg) => arg === '--help' || arg === '-h');
}

const argumentsOf = async ({ args }: Command) => (typeof args === 'function' ? args() : ((await args) ?? {}));

/** citty takes any option; a misspelt one must not be ignored. */
function assertKnownOptions(name: string, args: readonly string[], defined: Record<string, ArgumentDefinition>): void {
  const options: Record<string, { type: 'boolean' | 'string'; short?: string }> = {};
  for (const [option, definition] of Object.entries(defined)) {
    if (definition.type === 'positional') continue;
    const short = definition.alias?.length === 1 ? { short: definition.alias } : {};
    options[option] = { type: definition.type, ...short };
  }
  try {
    parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    const [message] = error instanceof Error ? error.message.split(/\.\s|\n/) : [String(error)];
    throw new UsageError(`${message}; see anyvec ${name} --help`);
  }
}

/** citty colours by itself, also where nobody can see it, and pads the last column. */
function print(text: string, stream: NodeJS.WriteStream): void {
  const isColoured = stream.isTTY && !process.env.NO_COLOR;
  const shown = isColoured ? text : stripVTControlCharacters(text);
  stream.write(`${shown.replaceAll(/[ \t]+$/gm, '').trimEnd()}\n`);
}
