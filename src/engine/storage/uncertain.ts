import { VectorStoreError } from '../../errors.ts';

const uncertain = new WeakSet<object>();

/** An error after which the write may be found again, or not. */
export function asUncertain(error: unknown): VectorStoreError {
  const message = error instanceof Error ? error.message : 'unknown error';
  const typed = VectorStoreError.is(error) ? error : new VectorStoreError('Durability', message, { cause: error });
  uncertain.add(typed);
  return typed;
}

/** Whether it came from {@link asUncertain}. */
export function isUncertain(error: unknown): boolean {
  return typeof error === 'object' && error !== null && uncertain.has(error);
}
