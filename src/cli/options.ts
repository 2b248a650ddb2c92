/** Node only. Values of options as they stand on a command line, checked. */
import type { ArgumentDefinition } from './commands.ts';
import { UsageError } from './errors.ts';

/** `URL COLLECTION`, for commands about one collection: see {@link readTarget}. */
export const targetArguments = {
  url: { type: 'positional', required: false, description: 'The database: a URL, or @profile of the file' },
  collection: { type: 'positional', required: false, description: 'The collection' },
} as const satisfies Record<string, ArgumentDefinition>;

/** Of every command that connects. */
export const configArgument = {
  config: { type: 'string', valueHint: 'FILE', description: 'Connections as JSON, for keys' },
} as const satisfies Record<string, ArgumentDefinition>;

/** The option as text; undefined where it was not given. */
export const asText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** A whole number within bounds, inclusive; undefined where it was not given. */
export function wholeNumber(value: unknown, option: string, least: number, most: number): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (/^\d+$/.test(String(value)) && number >= least && number <= most) return number;
  throw new UsageError(`${option} takes a whole number from ${least} to ${most}, not ${JSON.stringify(value)}`);
}

/** A comma-separated list of whole numbers, sorted, each once. */
export function wholeNumbers(value: unknown, option: string, least: number, most: number): number[] | undefined {
  const text = asText(value);
  if (text === undefined) return undefined;
  const numbers = text.split(',').map((part) => wholeNumber(part.trim(), option, least, most)!);
  return [...new Set(numbers)].sort((a, b) => a - b);
}

/** A JSON object, for the store to check what is in it; undefined where it was not given. */
export function jsonObject<T extends object>(value: unknown, option: string, example: string): T | undefined {
  if (value === undefined) return undefined;
  try {
    const object: unknown = JSON.parse(String(value));
    if (typeof object === 'object' && object !== null && !Array.isArray(object)) return object as T;
  } catch {
    // Told below.
  }
  throw new UsageError(`${option} takes a JSON object, quoted for the shell: ${option} '${example}'`);
}

/** Refuses arguments beyond those that the command has. */
export function noMore(words: readonly string[], most: number, command: string): void {
  if (words.length <= most) return;
  throw new UsageError(`what is ${JSON.stringify(words[most])}? See anyvec ${command} --help`);
}

/** `URL COLLECTION`; the collection may stand alone where the URL comes from elsewhere. */
export function readTarget(words: readonly string[], command: string): [url: string | undefined, collection: string] {
  noMore(words, 2, command);
  const [first, second] = words;
  if (first !== undefined && second !== undefined) return [first, second];
  if (first !== undefined && !/^(@|[a-z][a-z0-9+-]*:)/i.test(first)) return [undefined, first];
  throw new UsageError(`name the collection: anyvec ${command} URL COLLECTION …; see anyvec ${command} --help`);
}
