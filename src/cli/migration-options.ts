/** Node only. What `migrate`, `export` and `import` take on their command lines. */

import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Filter } from '../filter/types.ts';
import type { FindingCode, MigrateOptions, NameMapping, RecordMap } from '../migrate/index.ts';
import type { FieldType, IndexSpec, Metric, Payload } from '../types.ts';
import type { ArgumentDefinition, Given } from './commands.ts';
import { UsageError } from './errors.ts';
import { asText, jsonObject, wholeNumber } from './options.ts';

/** Options of all three commands. */
export const commonArguments = {
  config: { type: 'string', valueHint: 'FILE', description: 'Connections by name, for @name in place of a URL' },
  namespace: {
    type: 'string',
    valueHint: 'A=B,C',
    description: 'Only these, renamed where = stands; "" is the default',
  },
  where: {
    type: 'string',
    valueHint: 'JSON',
    description: 'Only records whose payload matches, as {"year":{"$gte":2020}}',
  },
  'dry-run': { type: 'boolean', description: 'Print the plan, write nothing' },
  resume: { type: 'boolean', description: 'Go on from the checkpoint of a run that was stopped' },
  state: {
    type: 'string',
    valueHint: 'DIR',
    description: 'Where the checkpoint is kept',
    default: './.anyvec-migrate',
  },
  verify: { type: 'string', valueHint: 'HOW', description: 'full, sample or none', default: 'full' },
  'allow-lossy': { type: 'boolean', description: 'Accept everything lossy that the plan lists' },
  allow: {
    type: 'string',
    valueHint: 'CODE,…',
    description: 'Accept lossy findings of these codes only; none accepts nothing',
  },
  rate: { type: 'string', valueHint: 'N', description: 'Records per second at most' },
  concurrency: { type: 'string', valueHint: 'N', description: 'Batches in flight (default: what suits the target)' },
  'batch-size': { type: 'string', valueHint: 'N', description: 'Records per batch (default: what suits the target)' },
  report: { type: 'string', valueHint: 'FILE', description: 'Write the whole report there, as JSON' },
  json: { type: 'boolean', description: 'Print the report as one JSON object instead of text' },
} as const satisfies Record<string, ArgumentDefinition>;

/** What the collections at the target shall be, where that is not what they are at the source. */
export const specArguments = {
  index: {
    type: 'string',
    valueHint: 'JSON',
    description: 'Index of the collections at the target, as {"type":"hnsw"}',
  },
  fields: {
    type: 'string',
    valueHint: 'JSON',
    description: 'Fields to declare at the target, as {"lang":"keyword"} (default: as at the source)',
  },
} as const satisfies Record<string, ArgumentDefinition>;

/** What a command of migration does, beside where from and where to. */
export interface MigrationCommandOptions {
  readonly migrate: MigrateOptions;
  readonly dryRun: boolean;
  readonly verifyOnly: boolean;
  readonly report: string | undefined;
  readonly json: boolean;
}

/** @throws `UsageError`. */
export async function readMigrationOptions(given: Given): Promise<MigrationCommandOptions> {
  const verify = asText(given.verify) ?? 'full';
  if (verify !== 'full' && verify !== 'sample' && verify !== 'none')
    throw new UsageError(`--verify takes full, sample or none, not ${JSON.stringify(verify)}`);
  const verifyOnly = given['verify-only'] === true;
  if (verifyOnly && verify === 'none') throw new UsageError('--verify-only with --verify none does nothing');
  const [collections, namespaces] = [
    readMapping(given.collection, '--collection'),
    readMapping(given.namespace, '--namespace'),
  ];
  const where = jsonObject<Filter<Payload>>(given.where, '--where', '{"lang":"en"}');
  const allowLossy = readAllowed(given);
  const [rate, concurrency, batchSize] = [
    wholeNumber(given.rate, '--rate', 1, 1_000_000_000),
    wholeNumber(given.concurrency, '--concurrency', 1, 64),
    wholeNumber(given['batch-size'], '--batch-size', 1, 10_000),
  ];
  const queries = wholeNumber(given.queries, '--queries', 0, 10_000);
  return {
    migrate: {
      ...(collections && { collections }),
      ...(namespaces && { namespaces }),
      ...(where && { where }),
      ...readSpec(given),
      ...(allowLossy !== undefined && { allowLossy }),
      ...(rate !== undefined && { rate }),
      ...(concurrency !== undefined && { concurrency }),
      ...(batchSize !== undefined && { batchSize }),
      ...(queries !== undefined && { queries }),
      ...(await readMap(asText(given.map))),
      ifExists: given.append === true ? 'append' : 'refuse',
      repair: given.repair === true,
      resume: given.resume === true,
      stateDirectory: asText(given.state) ?? './.anyvec-migrate',
      verify,
    },
    dryRun: given['dry-run'] === true,
    verifyOnly,
    report: asText(given.report),
    json: given.json === true,
  };
}

function readSpec(given: Given): Pick<MigrateOptions, 'spec'> {
  const index = jsonObject<IndexSpec>(given.index, '--index', '{"type":"hnsw"}');
  const fields = jsonObject<{ [path: string]: FieldType }>(given.fields, '--fields', '{"lang":"keyword"}');
  const dimension = wholeNumber(given.dimension, '--dimension', 1, 1_000_000);
  const metric = asText(given.metric);
  if (metric !== undefined && !isMetric(metric))
    throw new UsageError(`--metric takes cosine, dot or euclidean, not ${JSON.stringify(metric)}`);
  const spec = {
    ...(index && { index }),
    ...(fields && { fields }),
    ...(dimension !== undefined && { dimension }),
    ...(metric !== undefined && { metric }),
  };
  return Object.keys(spec).length === 0 ? {} : { spec };
}

const isMetric = (text: string): text is Metric => ['cosine', 'dot', 'euclidean'].includes(text);

/** `a=b,c`: a becomes b, c stays c. A JSON object says the same for names with commas. */
function readMapping(value: unknown, option: string): NameMapping | undefined {
  const text = asText(value);
  if (text === undefined) return undefined;
  if (text.startsWith('{')) return jsonObject<{ [name: string]: string }>(text, option, '{"a":"b"}');
  const pairs = text.split(',').map((part) => {
    const at = part.indexOf('=');
    return (at < 0 ? [part, part] : [part.slice(0, at), part.slice(at + 1)]).map((name) => (name === '""' ? '' : name));
  });
  return Object.fromEntries(pairs) as { [name: string]: string };
}

function readAllowed(given: Given): boolean | readonly FindingCode[] | undefined {
  const allow = asText(given.allow);
  if (given['allow-lossy'] === true) {
    if (allow !== undefined) throw new UsageError('--allow-lossy accepts everything: leave out --allow');
    return true;
  }
  if (allow === undefined) return undefined;
  if (allow === 'none') return [];
  const codes = allow.split(',').map((code) => code.trim());
  const unknown = codes.find((code) => !isLossyCode(code));
  if (unknown !== undefined)
    throw new UsageError(`--allow takes none, or some of ${lossyCodes.join(', ')}; not ${JSON.stringify(unknown)}`);
  return codes.filter(isLossyCode);
}

/** What the plan may call lossy. */
const lossyCodes = [
  'vector-rounding',
  'vector-length',
  'field-type',
  'fields-differ',
  'ttl',
  'null-vector',
  'id-too-long',
  'payload-too-large',
  'record-refused',
] as const satisfies readonly FindingCode[];

const isLossyCode = (code: string): code is (typeof lossyCodes)[number] => lossyCodes.some((known) => known === code);

/** A module whose default export is the map. Its content tells a resumed run whether it is still the same. */
async function readMap(path: string | undefined): Promise<{ map: RecordMap; mapId: string } | undefined> {
  if (path === undefined) return undefined;
  const file = resolve(path);
  const content = await readFile(file).catch(() => {
    throw new UsageError(`cannot read ${path}, the module of --map`);
  });
  const module: { readonly default?: unknown } = await import(pathToFileURL(file).href).catch((error: unknown) => {
    const isTypeScript = error instanceof Error && 'code' in error && error.code === 'ERR_UNKNOWN_FILE_EXTENSION';
    const why = isTypeScript ? 'this Node runs no TypeScript: give it as .mjs, or use Node 22.18' : String(error);
    throw new UsageError(`cannot load ${path}, the module of --map: ${why}`);
  });
  if (typeof module.default !== 'function') throw new UsageError(`${path} has no default export that is a function`);
  return { map: module.default as RecordMap, mapId: hash('sha256', content) };
}
