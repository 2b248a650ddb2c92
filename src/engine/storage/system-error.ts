import type { Classification } from '../../driver.ts';
import { VectorStoreError } from '../../errors.ts';
import { isUncertain } from './uncertain.ts';

/** Errors of a store in files. Others of ours are thrown before anything is applied, and a failed append is undone. */
export function classifyFileError(error: unknown): Classification | undefined {
  if (VectorStoreError.is(error))
    return { code: error.code, message: error.message, applied: isUncertain(error) ? 'unknown' : 'no' };
  return classifySystemError(error);
}

/** Errors of the file system, by what a user can do about them. */
function classifySystemError(error: unknown): Classification | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  const { code, message } = error;
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return { code: 'PermissionDenied', message, applied: 'no' };
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EIO') return { code: 'Durability', message, applied: 'no' };
  if (code === 'ENOTDIR' || code === 'EISDIR' || code === 'EEXIST')
    return { code: 'InvalidArgument', message, applied: 'no' };
  return code.startsWith('E') ? { code: 'Unavailable', message, applied: 'no' } : undefined;
}
