import { basename, dirname, extname, join } from 'node:path';

/** Where a database of files is: in a directory, or the one file that is all of it. */
export interface Location {
  readonly directory: string;
  /** The one collection there is, where the path is that of a file. */
  readonly only?: { readonly name: string; readonly file: string };
}

/** A path whose ending is one of these is a file, every other a directory. */
export function locate(path: string, endings: readonly string[]): Location {
  const ending = extname(path);
  if (!endings.includes(ending.toLowerCase())) return { directory: path };
  return { directory: dirname(path), only: { name: basename(path, ending), file: basename(path) } };
}

/** The path of a file in the location's directory. */
export function fileAt({ directory }: Location, file: string): string {
  return join(directory, file);
}
