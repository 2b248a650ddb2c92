import { embeddedAdapter } from '../../src/engine/embedded.ts';
import { flatProvider } from '../../src/engine/index/flat.ts';

/**
 * The native engine: in this process, in memory (`native:`) or in a directory (`native:./data`) that survives a restart. Exact search.
 *
 * Writes are visible to other processes' next open as soon as they are acknowledged, and survive the death of the process; a loss of power
 * they survive after `flush()` or `close()`. One process at a time holds a directory.
 */
export const adapter = embeddedAdapter({ provider: 'native', loadIndexes: async () => flatProvider });
