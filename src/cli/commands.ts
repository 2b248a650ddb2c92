/** Node only. Every command of `anyvec`, loaded when it is used. To add one: a file beside this one, and a line here. */
import type { CommandDef } from 'citty';

/** A command whose arguments are defined in place, so that unknown ones can be refused. */
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
    'docs',
    { description: "Search the documentation of this project's packages by meaning", load: () => import('./docs.ts') },
  ],
  [
    'serve',
    { description: "Speak a vendor's protocol over any store, for its own clients", load: () => import('./serve.ts') },
  ],
  [
    'conformance',
    { description: 'Run the conformance suite against a backend', load: () => import('./conformance.ts') },
  ],
]);
