import { VectorStoreError } from '../../../errors.ts';

/**
 * Loads a native addon.
 *
 * @param name The npm package, with the version to install.
 * @param load Imports it.
 * @param isAddon Whether the module has what is needed.
 * @throws `Unavailable` (not retryable): not installed, not built for this platform, or not what was expected. The message has the commands.
 */
export async function loadAddon<T>(
  name: string,
  load: () => Promise<unknown>,
  isAddon: (module: unknown) => module is T,
): Promise<T> {
  let loaded: unknown;
  try {
    loaded = await load();
  } catch (cause) {
    throw unavailable(
      name,
      isMissing(cause, bare(name)) ? 'is not installed' : 'is installed but does not load',
      cause,
    );
  }
  // The addons are CommonJS: what they export arrives as `default`.
  const module: unknown =
    typeof loaded === 'object' && loaded !== null && 'default' in loaded ? loaded.default : loaded;
  if (isAddon(module)) return module;
  throw unavailable(name, 'is not the addon this release knows');
}

function unavailable(name: string, problem: string, cause?: unknown): VectorStoreError {
  const message = [
    `the package ${bare(name)} ${problem}. Install it with: npm install ${name}`,
    `It compiles or downloads itself in an install script, which npm 12 runs only after: npm approve-scripts ${bare(name)} && npm rebuild ${bare(name)}`,
  ].join('. ');
  return new VectorStoreError('Unavailable', message, { retryable: false, cause });
}

const bare = (name: string) => name.replace(/@[^@/]+$/, '');

function isMissing(error: unknown, name: string): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return (
    (error.code === 'ERR_MODULE_NOT_FOUND' || error.code === 'MODULE_NOT_FOUND') && error.message.includes(`'${name}'`)
  );
}
