import type { VectorDatabase } from '../../src/database.ts';

type Method = (...given: never[]) => unknown;

/** The database, but for a method of its collections (of their default namespace). */
export function intercepted<A extends unknown[]>(
  database: VectorDatabase,
  method: string,
  instead: (original: (...given: unknown[]) => unknown, ...given: A) => unknown,
): VectorDatabase {
  const forwarding = <T extends object>(inner: T, methods: Record<string, (original: Method) => Method>): T =>
    new Proxy(inner, {
      get: (_, key) => {
        const value: unknown = Reflect.get(inner, key, inner);
        if (typeof value !== 'function') return value;
        const bound: Method = value.bind(inner);
        return methods[String(key)]?.(bound) ?? bound;
      },
    });
  return forwarding(database, {
    collection:
      (open) =>
      async (...given) =>
        forwarding((await open(...given)) as object, {
          [method]:
            (original) =>
            (...args) =>
              instead(original as never, ...(args as unknown as A)),
        }),
  });
}
