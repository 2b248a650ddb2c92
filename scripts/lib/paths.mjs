/** Where things are in this repository. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** What is costly to make and survives `npm ci`: built addons, other Node versions, reports. Not in git. */
export const cacheDir = join(root, '.cache');

/** @param {string} name A package of this repository's node_modules. */
export const packageDir = (name) => join(root, 'node_modules', name);
