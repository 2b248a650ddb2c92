import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { runConformance } from '../../conformance/index.ts';
import { connect } from '../../src/connect.ts';
import type { CallContext, CollectionDriver } from '../../src/driver.ts';
import type { Middleware } from '../../src/middleware/compose.ts';
import { forwardCollection, forwardDriver } from '../../src/middleware/forward.ts';

/** Every write becomes a file at once, so that every read is one of files. */
const flushing: Middleware = (driver) => forwardDriver(driver, { wrapCollection: flushed });

function flushed(inner: CollectionDriver): CollectionDriver {
  const after = async <T>(write: Promise<T>, context: CallContext): Promise<T> => {
    const result = await write;
    await inner.flush(context);
    return result;
  };
  return forwardCollection(inner, {
    upsert: (namespace, records, context) => after(inner.upsert(namespace, records, context), context),
    delete: (namespace, target, context) => after(inner.delete(namespace, target, context), context),
    setPayload: (namespace, target, patch, context) =>
      after(inner.setPayload(namespace, target, patch, context), context),
    dropNamespace: (namespace, context) => after(inner.dropNamespace(namespace, context), context),
  });
}

const directories: string[] = [];
const options = { middleware: [flushing] };

await runConformance({
  runner: { describe, it, beforeAll, afterAll },
  // What is about records; the rest does not depend on where they are.
  only: /^(upsert|delete|get|scan|payload|namespaces|persistence|setPayload|random operations)/,
  harness: {
    name: 'parquet (every write flushed)',
    async open() {
      const path = await mkdtemp(join(tmpdir(), 'anyvec-parquet-'));
      directories.push(path);
      return connect({ provider: 'parquet', path }, options);
    },
    reopen: () => connect({ provider: 'parquet', path: directories.at(-1)! }, options),
    close: async () => {
      await Promise.all(directories.map((path) => rm(path, { recursive: true, force: true })));
    },
    budget: { sequences: 10, haystack: 2_000 },
  },
});
