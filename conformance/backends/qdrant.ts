import { connect } from '../../src/connect.ts';
import type { VectorDatabase } from '../../src/database.ts';
import { type RunningServer, serve } from '../../src/server/index.ts';
import type { Harness } from '../harness.ts';
import { smallBudget } from './budget.ts';

/**
 * Qdrant: the server at `$ANYVEC_TEST_QDRANT_URL` where that is set (its collections of the suite's names are replaced), and otherwise our own,
 * which reproduces the recorded answers of a real one.
 *
 * @param client A client of another version of the SDK, by the server's URL.
 */
export function qdrantHarness(version: string, client?: (url: string) => Promise<unknown>): Harness {
  const real = process.env.ANYVEC_TEST_QDRANT_URL;
  let server: RunningServer | undefined;
  const open = async (): Promise<VectorDatabase> => {
    server ??= real === undefined ? await serve({ dialect: 'qdrant' }) : undefined;
    const url = real ?? server?.url ?? '';
    return connect({ provider: 'qdrant', url, ...(client && { client: await client(url) }) });
  };
  return {
    name: `qdrant (${real === undefined ? 'dialect' : 'real server'}, client ${version})`,
    open,
    reopen: open,
    close: async () => {
      await server?.close();
    },
    ...(client && { budget: smallBudget }),
  };
}
