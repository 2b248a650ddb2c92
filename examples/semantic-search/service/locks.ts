/* One write of a tenant at a time, so that a document is never half of one version and half of another. */

/** Runs `work` when all that was locked before under the key is over. */
export type Lock = <T>(key: string, work: () => Promise<T>) => Promise<T>;

export function keyedLock(): Lock {
  const tails = new Map<string, Promise<unknown>>();
  return (key, work) => {
    const result = (tails.get(key) ?? Promise.resolve()).then(work);
    const tail = result
      .catch(() => {})
      .finally(() => {
        if (tails.get(key) === tail) tails.delete(key);
      });
    tails.set(key, tail);
    return result;
  };
}
