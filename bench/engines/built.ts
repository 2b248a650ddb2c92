import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../../scripts/lib/paths.mjs';

/** Imports a module of the built package: what is measured is what users get. */
export function built(path: string): Promise<unknown> {
  return import(pathToFileURL(join(root, 'dist', path)).href);
}
