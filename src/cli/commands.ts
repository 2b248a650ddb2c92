/** Node only. Every command of `anyvec`, loaded when it is used. To add one: a file beside this one, and a line here. */
import type { CommandDef } from 'citty';

/**
 * A command whose arguments are defined in place, so that unknown ones can be refused. Its `run` may resolve to an exit code; what it throws becomes
 * one (see `exitCodeOf`).
 */
export type Command = CommandDef<Record<string, ArgumentDefinition>>;

/** What commands may take: enough for all of them, and checkable. */
export type ArgumentDefinition =
  | { type: 'positional'; description: string; required: boolean; valueHint?: string }
  | { type: 'string'; description: string; alias?: string; valueHint?: string; default?: string }
  | { type: 'boolean'; description: string; alias?: string };

/** Arguments as the command line gave them, its positional ones under `_`. */
export type Given = { readonly _: readonly string[] } & { readonly [name: string]: unknown };

/** What the file of a command exports. */
export interface CommandModule {
  readonly command: Command;
  /** Printed below the options by `--help`. */
  readonly notes: string;
}

/** By name. The descriptions are here too, so that `anyvec --help` loads no command. */
export const commands: ReadonlyMap<string, { readonly description: string; load(): Promise<CommandModule> }> = new Map([
  [
    'inspect',
    { description: 'Show the collections of a database, or all about one of them', load: () => import('./inspect.ts') },
  ],
  [
    'search',
    {
      description: 'Find the nearest records by vector, by a stored record, or by text',
      load: () => import('./search.ts'),
    },
  ],
  [
    'migrate',
    {
      description: 'Copy collections to another database, and prove that nothing was lost',
      load: () => import('./migrate.ts'),
    },
  ],
  [
    'export',
    {
      description: 'Write collections to JSONL, Parquet or npy files, and compare them',
      load: () => import('./export.ts'),
    },
  ],
  [
    'import',
    { description: 'Read collections from files into a database, and compare them', load: () => import('./import.ts') },
  ],
  [
    'docs',
    { description: "Search the documentation of this project's packages by meaning", load: () => import('./docs.ts') },
  ],
  [
    'serve',
    { description: "Speak a vendor's protocol over any store, for its own clients", load: () => import('./serve.ts') },
  ],
  [
    'doctor',
    {
      description: 'Say what is installed, reachable and missing, and how to mend it',
      load: () => import('./doctor.ts'),
    },
  ],
  [
    'bench',
    {
      description: 'Measure latency, throughput and recall of searches in your own collection',
      load: () => import('./bench.ts'),
    },
  ],
  [
    'conformance',
    { description: 'Run the conformance suite against a backend', load: () => import('./conformance.ts') },
  ],
]);
