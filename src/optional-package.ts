import { VectorStoreError } from './errors.ts';

/**
 * What `load` imports of a package that is an optional peer.
 *
 * @param problem What is wrong where the package is not installed, and the command to type.
 * @throws `Unavailable` (not retryable) with that text; any other failure of `load` as it is.
 */
export async function loadOptionalPackage<T>(load: () => Promise<T>, problem: string, operation?: string): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
    if (!isMissing) throw error;
    throw new VectorStoreError('Unavailable', problem, {
      retryable: false,
      cause: error,
      ...(operation !== undefined && { operation }),
    });
  }
}
