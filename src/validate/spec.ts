import type { Capabilities } from '../capabilities.ts';
import { refusal, requireSupport } from '../capabilities.ts';
import type { DriverSpec } from '../driver.ts';
import { invalid, unsupported } from '../errors.ts';
import { formatPath, parsePath } from '../filter/path.ts';
import type { FieldType, IndexSpec } from '../types.ts';
import { booleanOption, checkedOptions, integerOption, wordOption } from './options.ts';
import { isPlainObject } from './payload.ts';
import { shown } from './text.ts';

const metrics = ['cosine', 'dot', 'euclidean'] as const;
const fieldTypes = ['keyword', 'number', 'boolean', 'datetime', 'text'] as const;
const maximumFields = 256;

/** The backend's part of a collection's specification. */
export function validateSpec(spec: unknown, capabilities: Capabilities): DriverSpec {
  const given = checkedOptions(
    spec,
    ['dimension', 'metric', 'index', 'payload', 'fields', 'ttlSeconds', 'strict'],
    'spec',
  );
  const dimension = integerOption(given.dimension ?? 0, 'spec.dimension', 1, 2 ** 31, 0);
  const most = capabilities.limits.dimension;
  if (dimension > most) throw unsupported(`A dimension of ${dimension}`, `at most ${most}`);
  if (given.metric === undefined) throw invalid('spec.metric', `missing; one of ${metrics.join(', ')}`);
  const metric = wordOption(given.metric, 'spec.metric', metrics, 'cosine');
  requireSupport(capabilities.metrics[metric], `The metric ${metric}`);
  if (given.ttlSeconds !== undefined) requireSupport(capabilities.options.ttl, 'ttlSeconds');
  const ttlSeconds = integerOption(given.ttlSeconds, 'spec.ttlSeconds', 1, 2 ** 31, 0);
  return {
    dimension,
    metric,
    ...(ttlSeconds > 0 && { ttlSeconds }),
    index: validateIndex(given.index, capabilities, 'spec.index'),
    fields: validateFields(given.fields, capabilities, 'spec.fields'),
    strict: booleanOption(given.strict, 'spec.strict', false),
  };
}

/** Declared fields, their paths in canonical spelling. */
export function validateFields(
  fields: unknown,
  capabilities: Capabilities,
  place: string,
): { readonly [field: string]: FieldType } {
  if (fields === undefined) return {};
  if (!isPlainObject(fields)) throw invalid(place, `an object of field types by path, not ${shown(fields)}`);
  const entries = Object.entries(fields).filter(([, type]) => type !== undefined);
  if (entries.length > maximumFields)
    throw invalid(place, `at most ${maximumFields} declared fields, not ${entries.length}`);
  const declared = entries.map(([path, given]) => {
    const field = formatPath(parsePath(path, place));
    const type = wordOption(given, `${place}[${shown(path)}]`, fieldTypes, 'keyword');
    const reason = refusal(capabilities.fieldTypes[type]);
    if (reason !== undefined) throw unsupported(`The field type ${type} (at ${place}[${shown(path)}])`, reason);
    return [field, type] as const;
  });
  if (new Set(declared.map(([field]) => field)).size < declared.length)
    throw invalid(place, 'one field is declared twice, in two spellings');
  return Object.fromEntries(declared);
}

/** An index by type and standard parameters. What the backend has no use for is the driver's to say. */
export function validateIndex(index: unknown, capabilities: Capabilities, place: string): IndexSpec {
  const given = checkedOptions(index, ['type', 'm', 'efConstruction', 'ef', 'nlist', 'nprobe', 'options'], place);
  const type = given.type ?? 'auto';
  if (typeof type !== 'string') throw invalid(`${place}.type`, `the name of an index type, not ${shown(type)}`);
  if (type !== 'auto' && !capabilities.indexTypes.includes(type)) {
    throw unsupported(`The index type ${shown(type)}`, `known are auto, ${capabilities.indexTypes.join(', ')}`);
  }
  const spec: Record<string, unknown> = { type };
  const bounds = {
    m: [2, 128],
    efConstruction: [4, 4_096],
    ef: [1, 65_536],
    nlist: [1, 65_536],
    nprobe: [1, 65_536],
  } as const;
  for (const [name, [min, max]] of Object.entries(bounds)) {
    const value = given[name as keyof typeof bounds];
    if (value !== undefined) spec[name] = integerOption(value, `${place}.${name}`, min, max, 0);
  }
  if (given.options !== undefined) spec.options = validateIndexOptions(given.options, `${place}.options`);
  return spec as unknown as IndexSpec;
}

function validateIndexOptions(options: unknown, place: string): IndexSpec['options'] {
  if (!isPlainObject(options)) throw invalid(place, `an object, not ${shown(options)}`);
  for (const [name, value] of Object.entries(options)) {
    const scalar =
      typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
    if (!scalar) throw invalid(`${place}[${shown(name)}]`, `a string, finite number or boolean, not ${shown(value)}`);
  }
  return { ...options } as IndexSpec['options'];
}
