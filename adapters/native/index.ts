import { embeddedAdapter } from '../../src/engine/embedded.ts';
import { loadNativeIndexes } from '../../src/engine/index/native.ts';

/**
 * The native engine: in this process, in memory (`native:`) or in a directory (`native:./data`) that survives a restart. Its indexes are
 * `hnsw`, the default (`m`, `efConstruction`, `ef`; options `quantization`, `threads`, `seed`; up to 256 vectors it is exact), `flat` (every vector
 * is compared), and `ivf-flat`, `ivf-sq8`, `ivf-pq`, `ivf-hnsw` (`nlist`, `nprobe`; option `seed`). Options of `ivf-pq`: `pqBits` 8 (default) or 4, the
 * bits of the code of each part; `pqM`, the number of parts (by default as many as make one byte for four components); `opq` (`false`), a rotation before.
 *
 * Writes are visible to other processes' next open as soon as they are acknowledged, and survive the death of the process; when they are safe
 * from a loss of power says `durability` (by default within a second). One process at a time holds a directory.
 */
export const adapter = embeddedAdapter({ provider: 'native', loadIndexes: loadNativeIndexes });
