import { VectorStoreError } from '../errors.ts';

/** Short for a file that makes no sense; `place` names it, and where in it. */
export function corruptFile(place: string, problem: string): VectorStoreError {
  return new VectorStoreError('Corruption', `${place}: ${problem}`);
}
