/* What is costly to find out is found out once per change. */

interface Entry<T> {
  readonly version: number;
  readonly at: number;
  readonly value: Promise<T>;
}

const mostKeys = 200;

/**
 * Values by key, made anew when the version has changed; not more often than every `leastMs`, so that a stream of writes does not keep the service
 * busy. Who asks meanwhile waits for the same answer. Failures are not remembered.
 */
export function remembering<T>(leastMs: number): (key: string, version: number, make: () => Promise<T>) => Promise<T> {
  const entries = new Map<string, Entry<T>>();
  return (key, version, make) => {
    const known = entries.get(key);
    if (known !== undefined && (known.version === version || performance.now() - known.at < leastMs))
      return known.value;
    const value = make();
    const entry = { version, at: performance.now(), value };
    entries.delete(key);
    entries.set(key, entry);
    for (const oldest of entries.keys()) {
      if (entries.size <= mostKeys) break;
      entries.delete(oldest);
    }
    value.catch(() => {
      if (entries.get(key) === entry) entries.delete(key);
    });
    return value;
  };
}
