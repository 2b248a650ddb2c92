import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/lib/paths.mjs';
import { seconds } from '../../scripts/lib/report.mjs';
import { readJson, writeJson } from '../../scripts/lib/stamp.mjs';
import type { SetPlace } from '../data/vector-set.ts';
import { Contestant } from '../engines/contestant.ts';
import type { GraphOptions } from '../engines/engine.ts';
import type { EngineName } from '../engines/index.ts';
import type { Cost, Held, Opened } from '../engines/messages.ts';
import { cachePlace } from '../lib/places.ts';
import type { IndexCost } from './results.ts';

/** An engine with its index, ready to search. */
export interface Entrant {
  readonly contestant: Contestant;
  readonly settings: string;
  readonly filters: boolean;
  readonly cost: IndexCost;
}

/** Engines whose collections cannot be kept, and those that have none. */
const unsaved: readonly EngineName[] = ['anyvec-store', 'brute-force'];

/** Who could not take part, and why: the others go on. */
export interface Absence {
  readonly engine: EngineName;
  readonly reason: string;
}

/** Whose graph file an engine uses: libraries with one file format may share. */
export type GraphOf = (name: EngineName) => EngineName;

/**
 * Builds the indexes of engines that have none for this set yet, each in a process of its own.
 *
 * @param turn Runs one piece of work when it is its turn; one at a time where the time of builds is to be trusted.
 */
export async function buildIndexes(
  set: SetPlace,
  names: readonly EngineName[],
  options: GraphOptions,
  graphOf: GraphOf,
  turn: <T>(work: () => Promise<T>) => Promise<T>,
): Promise<Absence[]> {
  const makers = [...new Set(names.map(graphOf))].filter((name) => !unsaved.includes(name));
  const absences: Absence[] = [];
  await Promise.all(
    makers.map((name) =>
      turn(() => buildOnce(set, name, options)).catch((error) => absences.push(absence(name, error))),
    ),
  );
  return absences;
}

/** Opens engines on a set, one after another: their indexes are loaded, so that memory is that of an index that was. */
export async function openField(
  set: SetPlace,
  names: readonly EngineName[],
  options: GraphOptions,
  graphOf: GraphOf,
): Promise<{ entrants: Entrant[]; absences: Absence[] }> {
  const entrants: Entrant[] = [];
  const absences: Absence[] = [];
  for (const name of names) {
    await enter(set, name, graphOf(name), options).then(
      (entrant) => entrants.push(entrant),
      (error) => absences.push(absence(name, error)),
    );
  }
  return { entrants, absences };
}

function absence(engine: EngineName, error: unknown): Absence {
  const reason = error instanceof Error ? error.message : String(error);
  console.log(`bench  ${engine} is left out: ${reason}`);
  return { engine, reason: reason.split('\n')[0]! };
}

async function enter(set: SetPlace, name: EngineName, maker: EngineName, options: GraphOptions): Promise<Entrant> {
  const contestant = new Contestant(name);
  const { directory } = set;
  const opened = await contestant.tell<Opened>({ do: 'open', engine: name, directory, options });
  if (unsaved.includes(name)) {
    const { wallMs: buildMs, cpuMs: buildCpuMs, residentBytes } = await contestant.tell<Held>({ do: 'build' });
    return {
      contestant,
      ...opened,
      cost: { engine: name, ...(name !== 'brute-force' && { buildMs, buildCpuMs, residentBytes }) },
    };
  }
  const { file, notes } = filesOf(set, maker, options);
  const held = await contestant.tell<Held>({ do: 'load', file });
  const built = maker === name ? (readJson(notes) as Cost) : undefined;
  const cost = {
    engine: name,
    ...(built !== undefined && { buildMs: built.wallMs, buildCpuMs: built.cpuMs }),
    fileBytes: statSync(file).size,
    loadMs: held.wallMs,
    ...(held.indexBytes !== undefined && { indexBytes: held.indexBytes }),
    residentBytes: held.residentBytes,
  };
  return { contestant, ...opened, cost };
}

/** Builds the index and saves it, unless that was done. */
async function buildOnce(set: SetPlace, engine: EngineName, options: GraphOptions): Promise<void> {
  const { file, notes } = filesOf(set, engine, options);
  if (existsSync(file) && existsSync(notes)) return;
  const contestant = new Contestant(engine);
  try {
    // Tags are of no use to a graph.
    await contestant.tell({ do: 'open', engine, directory: set.directory, options: { ...options, filters: [] } });
    const cost = await contestant.tell<Cost>({ do: 'build' });
    await contestant.tell({ do: 'save', file: `${file}.part` });
    renameSync(`${file}.part`, file);
    writeJson(notes, cost);
    console.log(
      `bench  ${set.name}: ${engine} built in ${seconds(cost.wallMs)} (${seconds(cost.cpuMs)} of processor time)`,
    );
  } finally {
    await contestant.end();
  }
}

/** Where the index of an engine is kept. */
export function filesOf(set: SetPlace, engine: EngineName, { m, efConstruction }: GraphOptions) {
  const key = engine.startsWith('anyvec') ? `-${engineKey()}` : '';
  const directory = cachePlace('indexes', `${set.name}-${set.count}-${set.hash}`);
  const file = join(directory, `${engine}-m${m}-ef${efConstruction}${key}.index`);
  return { file, notes: `${file}.json` };
}

/** Our graphs are built anew whenever the engine was changed. */
function engineKey(): string {
  const directory = join(root, 'src/engine');
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const hash = createHash('sha256');
  for (const name of files.sort()) hash.update(readFileSync(join(directory, name)));
  return hash.digest('hex').slice(0, 12);
}

export async function endAll(entrants: readonly Entrant[]): Promise<void> {
  await Promise.all(entrants.map(({ contestant }) => contestant.end()));
}
