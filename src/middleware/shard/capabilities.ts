import { type Capabilities, isSupported, type Operation, operations, type Support } from '../../capabilities.ts';
import { hybridByScan } from '../../remote/hybrid-by-scan.ts';
import { commonCapabilities } from '../common-capabilities.ts';

/** What is done by asking each shard once. */
const everywhere: ReadonlySet<Operation> = new Set([
  ...(['upsert', 'delete', 'search', 'searchBatch', 'filter', 'setPayload', 'get', 'scan', 'count'] as const),
  ...(['recreateIndex', 'namespaces', 'listNamespaces', 'stats', 'flush'] as const),
]);
/** What runs on each shard for itself, so that one may be done while another is not. */
const oneByOne: ReadonlySet<Operation> = new Set([
  'deleteByFilter',
  'deleteAll',
  'setPayloadByFilter',
  'dropNamespace',
]);

/** What all shards together can do. */
export function shardCapabilities(shards: readonly Capabilities[]): Capabilities {
  const common = commonCapabilities(shards);
  const entries = operations.map((name) => [name, operation(name, common.operations[name])]);
  const ttl = { refused: 'the record by which each shard knows its place would expire with the others' };
  return commonCapabilities(shards, {
    operations: Object.fromEntries(entries) as Capabilities['operations'],
    options: { ...common.options, ttl },
  });
}

function operation(name: Operation, support: Support): Support {
  // A shard ranks texts by how rare a word is there: ranks of two shards cannot be compared.
  if (name === 'searchHybrid') return hybridByScan;
  if (everywhere.has(name) || !isSupported(support)) return support;
  if (oneByOne.has(name)) return { emulated: { cost: 'runs on each shard for itself', atomic: false } };
  return { refused: 'it is about one store, not about several' };
}
