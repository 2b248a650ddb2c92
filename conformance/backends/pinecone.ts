import { adapter } from '../../adapters/pinecone/index.ts';
import { createDatabase } from '../../src/portable/database.ts';
import { type PineconeQuirks, type RunningServer, serve } from '../../src/server/index.ts';
import type { Budget, Harness } from '../harness.ts';

/** The clients of both ends of the supported range. */
const clients = { '8.2': () => import('pinecone-8'), '9.0': () => import('@pinecone-database/pinecone') };

export interface PineconeHarnessOptions {
  readonly client: keyof typeof clients;
  /** What is not known of the live service, either way. */
  readonly quirks?: Partial<PineconeQuirks>;
  readonly budget?: Partial<Budget>;
}

/** Each random filter costs some twenty requests; filters are also compared without a server, 800 and more under every combination. */
const smallBudget = { filters: 60, documents: 120, sequences: 15 };

/** All switches the other way than by default. */
export const otherQuirks: PineconeQuirks = {
  euclideanScore: 'true',
  negationOnMissing: 'include',
  negationOnList: 'some-element',
  listOfOne: 'scalar',
  nullMetadata: 'drop',
  emptyList: 'drop',
  missingNamespace: 'not-found',
  writeLagMs: 5,
  readyAfterMs: 15,
};

/** The subsets of three of five rows: each is one switch, and says in which rows it is the other way. */
const subsets = [0b00111, 0b01011, 0b01101, 0b01110, 0b10011, 0b10101, 0b10110, 0b11001, 0b11010];

/**
 * Few combinations of the switches, in which every two of them are seen in all four ways (a covering array of strength two, after Kleitman and
 * Spencer); the first has all defaults. The three switches that bear on filters are combined in every way by the tests of the adapter's filters.
 */
export const quirkCombinations: readonly Partial<PineconeQuirks>[] = [
  {},
  ...[0, 1, 2, 3, 4].map((row) =>
    Object.fromEntries(Object.entries(otherQuirks).filter((_, i) => ((subsets[i]! >> row) & 1) === 1)),
  ),
];

/**
 * The Pinecone adapter through the official client: on the live service where `$ANYVEC_TEST_PINECONE_API_KEY` is set and no switch is asked for (it
 * creates indexes there, named `t-…`, and deletes them), and otherwise on our server of its protocol.
 */
export function pineconeHarness({ client, quirks, budget }: PineconeHarnessOptions): Harness {
  const liveKey = quirks === undefined ? process.env.ANYVEC_TEST_PINECONE_API_KEY || undefined : undefined;
  let server: Promise<RunningServer> | undefined;
  const sdkOptions = async () => {
    if (liveKey !== undefined) return { apiKey: liveKey };
    server ??= serve({ dialect: 'pinecone', apiKey: 'key-of-the-suite', ...(quirks && { quirks }) });
    return { apiKey: 'key-of-the-suite', controllerHostUrl: (await server).url };
  };
  const open = async () => {
    const { Pinecone } = await clients[client]();
    const settings = { provider: 'pinecone', client: new Pinecone(await sdkOptions()) };
    return createDatabase(await adapter.open(adapter.config.parse(settings)));
  };
  const where = liveKey === undefined ? 'server of ours' : 'live service';
  const shown = Object.entries(quirks ?? {}).map(([name, value]) => `, ${name}: ${value}`);
  return {
    name: `pinecone (${where}, client ${client}${shown.join('')})`,
    open,
    reopen: open,
    close: async () => (await server)?.close(),
    budget: process.env.ANYVEC_DEEP === '1' ? { ...budget } : { ...smallBudget, ...budget },
  };
}
