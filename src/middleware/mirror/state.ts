import { z } from 'zod';
import { type Capabilities, operations, optionNames } from '../../capabilities.ts';
import { type FileSystem, hasCode, readFile, replaceFile } from '../../engine/storage/filesystem.ts';
import { VectorStoreError } from '../../errors.ts';
import { filterOperators } from '../../filter/parse.ts';

const fileName = 'mirror.json';

const support = z.union([
  z.literal('native'),
  z.object({ emulated: z.object({ cost: z.string(), atomic: z.boolean() }) }),
  z.object({ refused: z.string() }),
]);
const capabilitiesSchema = z.object({
  operations: z.record(z.enum(operations), support),
  filterOperators: z.record(z.enum(filterOperators), support),
  options: z.record(z.enum(optionNames), support),
  metrics: z.record(z.enum(['cosine', 'dot', 'euclidean']), support),
  fieldTypes: z.record(z.enum(['keyword', 'number', 'boolean', 'datetime', 'text']), support),
  indexTypes: z.array(z.string()),
  searchParams: z.array(z.enum(['ef', 'nprobe'])),
  idModes: z.array(z.enum(['native', 'hashed'])),
  consistency: z.enum(['session', 'eventual']),
  vectorReadback: z.enum(['bits', 'rounded', 'direction']),
  limits: z.object({
    ...{ dimension: z.number(), k: z.number(), idBytes: z.number(), namespaceBytes: z.number() },
    ...{ payloadBytes: z.number(), batchRecords: z.number(), batchBytes: z.number(), batchIds: z.number() },
    ...{ batchQueries: z.number(), concurrency: z.number(), scanBudget: z.number() },
  }),
});

const schema = z.object({
  format: z.literal(1),
  /** What the two sides were called when the directory was made. */
  ends: z.tuple([z.string(), z.string()]),
  /** Which of them is asked. */
  active: z.union([z.literal(0), z.literal(1)]),
  /** Collections of which the passive side has once got everything. */
  copied: z.array(z.string()),
  /** What the sides can do, for the time when one is away. */
  capabilities: z.tuple([z.unknown(), z.unknown()]),
  /** Nobody knows what differs: everything has to be copied again. */
  unsure: z.boolean(),
});

/** What survives a restart, beside the queue. */
export interface MirrorState {
  readonly ends: readonly [string, string];
  readonly active: 0 | 1;
  readonly copied: readonly string[];
  readonly capabilities: readonly [Capabilities | undefined, Capabilities | undefined];
  readonly unsure: boolean;
}

/** Undefined where the directory is new. */
export async function loadState(fs: FileSystem, directory: string): Promise<MirrorState | undefined> {
  if (!(await fs.list(directory)).includes(fileName)) return undefined;
  const path = `${directory}/${fileName}`;
  try {
    const { ends, active, copied, capabilities, unsure } = schema.parse(
      JSON.parse(new TextDecoder().decode(await readFile(fs, path))),
    );
    return { ends, active, copied, unsure, capabilities: [known(capabilities[0]), known(capabilities[1])] };
  } catch (cause) {
    if (hasCode(cause, 'EACCES')) throw cause;
    throw new VectorStoreError('Corruption', `${path} makes no sense: restore it, or begin with a new directory`, {
      cause,
    });
  }
}

/** Those that another release wrote may lack something: then the side is asked again. */
function known(capabilities: unknown): Capabilities | undefined {
  return capabilitiesSchema.safeParse(capabilities).data;
}

/** Replaces what was saved before, atomically and durably. */
export async function saveState(fs: FileSystem, directory: string, state: MirrorState): Promise<void> {
  const capabilities = state.capabilities.map((each) => each ?? null);
  const text = JSON.stringify({ format: 1, ...state, capabilities }, undefined, 2);
  await replaceFile(fs, directory, fileName, [new TextEncoder().encode(text)]);
}
