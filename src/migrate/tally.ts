/** Node only. The count of what agrees and what does not, and a list of the first differences. */
import type { Id, Payload } from '../types.ts';
import { differingParts } from './compare.ts';
import { canonicalJson, digestBytes } from './digest.ts';
import type { Comparison } from './partition.ts';
import type { CollectionVerification, Difference, DifferenceKind } from './types.ts';

/** A record, for its description. */
interface Described {
  readonly vector: Float32Array | null;
  readonly payload: Payload;
}

type Entry = { -readonly [K in keyof Difference]: Difference[K] } & { digest?: string };

/** The count of one collection. */
export class Tally {
  /** The target's namespace that is being compared. */
  namespace = '';
  /** Target namespaces in which there should be records. */
  readonly namespacesWithRecords = new Set<string>();
  readonly #mostListed: number;
  readonly #allowExtra: boolean;
  readonly #listed = new Map<string, Entry>();
  readonly #reasons = new Set<string>();
  readonly #countProblems: string[] = [];
  #equal = 0;
  #different = 0;
  /** Of those that `enter` takes for equal. */
  #differentAsRead = 0;
  #missing = 0;
  #extra = 0;
  #unverifiable = 0;
  #duplicates = 0;
  #expected = 0;
  #found = 0;

  constructor(mostListed: number, allowExtra: boolean) {
    this.#mostListed = mostListed;
    this.#allowExtra = allowExtra;
  }

  /** Whether the next difference will be listed. */
  get isListed(): boolean {
    return this.#listed.size <= this.#mostListed;
  }

  /** All records of a namespace of a collection that is not there. */
  allMissing(records: number): void {
    this.#expected += records;
    this.#missing += records;
  }

  /** Records that are not looked at. */
  unverifiable(records: number, reason: string): void {
    if (records === 0) return;
    this.#unverifiable += records;
    if (this.#reasons.size < 20) this.#reasons.add(reason);
  }

  /** Two whole numbers, where not every record is looked at. */
  counts(wanted: number, held: number): void {
    if (wanted > 0) this.namespacesWithRecords.add(this.namespace);
    const where = this.namespace === '' ? '' : ` in the namespace ${JSON.stringify(this.namespace)}`;
    if (held !== wanted && !(this.#allowExtra && held > wanted))
      this.#countProblems.push(`${held} records${where}, not ${wanted}`);
  }

  /** A record that is on both sides, but not the same; `enter` counts it. */
  differs(id: Id, kinds: readonly ('vector' | 'payload')[], wanted: Described, found: Described): void {
    this.#differentAsRead += 1;
    this.#list(id, kinds, describedDifference(kinds, wanted, found));
  }

  enter({ id, outcome, wanted, found }: Comparison): void {
    if (outcome !== 'extra' && outcome !== 'duplicate') {
      this.#expected += 1;
      this.namespacesWithRecords.add(this.namespace);
    }
    if (outcome === 'equal' || outcome === 'different' || outcome === 'extra') this.#found += 1;
    switch (outcome) {
      case 'equal':
        this.#equal += 1;
        return;
      case 'different':
        this.#different += 1;
        this.#list(id, kindsOf(wanted, found), 'differs');
        return;
      case 'missing':
        this.#missing += 1;
        this.#list(id, ['missing'], 'not at the target', wanted);
        return;
      case 'extra':
        this.#extra += 1;
        if (!this.#allowExtra) this.#list(id, ['extra'], 'not at the source', found);
        return;
      case 'duplicate':
        this.#duplicates += 1;
        this.#list(id, ['duplicate'], `given twice by the ${wanted === undefined ? 'target' : 'source'}`);
    }
  }

  /** Says of a listed difference what it is, both records having been read again. */
  describe(id: Id, wanted: Described | undefined, found: Described | undefined): void {
    const entry = this.#listed.get(this.#key(id));
    if (entry === undefined) return;
    const parts = wanted && found ? differingParts(wanted, found, 'bits') : [];
    entry.detail =
      wanted && found && parts.length > 0
        ? describedDifference(parts, wanted, found)
        : 'equal when read again by its id: it was changed meanwhile, or the store answers in two ways';
  }

  result(
    about: Pick<CollectionVerification, 'source' | 'target' | 'vectors' | 'schema' | 'namespaces' | 'search'>,
  ): CollectionVerification {
    this.#nameMoved();
    const { schema, namespaces, search } = about;
    const mismatched = this.#different + this.#differentAsRead + this.#duplicates;
    const validated = this.#equal - this.#differentAsRead;
    const problems = [...schema, ...this.#countProblems];
    const extra = this.#allowExtra ? 0 : this.#extra + namespaces.extra.length;
    const differences = [...this.#listed.values()].map(({ digest: _, ...difference }) => difference);
    return {
      ...about,
      schema: problems,
      ok:
        problems.length + mismatched + this.#missing + extra + namespaces.missing.length === 0 &&
        search.agreeing === search.queries,
      ...{ expected: this.#expected, found: this.#found, validated, mismatched },
      ...{ missing: this.#missing, extra: this.#extra, unverifiable: this.#unverifiable },
      unverifiableReasons: [...this.#reasons],
      differences,
    };
  }

  /** A record that is missing here and extra there, the same one as far as anybody has looked, is in the wrong namespace. */
  #nameMoved(): void {
    const extras = new Map<string, Entry[]>();
    for (const entry of this.#listed.values())
      if (entry.kinds.includes('extra')) extras.set(entry.id, [...(extras.get(entry.id) ?? []), entry]);
    for (const entry of this.#listed.values()) {
      if (!entry.kinds.includes('missing')) continue;
      const candidates = extras.get(entry.id) ?? [];
      const at = candidates.findIndex(({ namespace, digest }) => {
        return namespace !== entry.namespace && (digest ?? entry.digest) === (entry.digest ?? digest);
      });
      const [elsewhere] = at < 0 ? [] : candidates.splice(at, 1);
      if (elsewhere === undefined) continue;
      entry.kinds = ['missing', 'namespace'];
      elsewhere.kinds = ['extra', 'namespace'];
      entry.detail = `not here, but in the namespace ${JSON.stringify(elsewhere.namespace)}`;
    }
  }

  #key(id: Id): string {
    return JSON.stringify([this.namespace, id]);
  }

  #list(id: Id, kinds: readonly DifferenceKind[], detail: string, digest?: string): void {
    const key = this.#key(id);
    if (this.#listed.size >= this.#mostListed && !this.#listed.has(key)) return;
    const known = this.#listed.get(key);
    const all = known === undefined ? kinds : [...new Set([...known.kinds, ...kinds])];
    this.#listed.set(key, {
      namespace: this.namespace,
      id,
      kinds: all,
      detail,
      ...(digest !== undefined && { digest }),
    });
  }
}

function kindsOf(wanted = '', found = ''): DifferenceKind[] {
  const kinds: DifferenceKind[] = [];
  if (wanted.slice(digestBytes) !== found.slice(digestBytes)) kinds.push('vector');
  if (wanted.slice(0, digestBytes) !== found.slice(0, digestBytes)) kinds.push('payload');
  return kinds;
}

function describedDifference(kinds: readonly ('vector' | 'payload')[], wanted: Described, found: Described): string {
  return kinds
    .map((kind) =>
      kind === 'vector'
        ? vectorDifference(wanted.vector, found.vector)
        : payloadDifference(wanted.payload, found.payload),
    )
    .join('; ');
}

function vectorDifference(wanted: Float32Array | null, found: Float32Array | null): string {
  if (wanted === null || found === null)
    return `the vector is ${found === null ? 'missing' : 'there, and should not be'}`;
  if (wanted.length !== found.length) return `the vector has ${found.length} numbers, not ${wanted.length}`;
  const at = wanted.findIndex((x, i) => x !== found[i]);
  return `vector[${at}] is ${found[at]}, not ${wanted[at]}`;
}

/** The first path at which two payloads differ. Values are not shown: they may be private. */
function payloadDifference(wanted: Payload, found: Payload): string {
  const path = firstDifference(wanted, found, 'payload');
  return path === undefined ? 'the payload differs' : path;
}

function firstDifference(wanted: unknown, found: unknown, at: string): string | undefined {
  if (isContainer(wanted) && isContainer(found) && Array.isArray(wanted) === Array.isArray(found)) {
    for (const key of new Set([...Object.keys(wanted), ...Object.keys(found)])) {
      const inner = `${at}[${Array.isArray(wanted) ? key : JSON.stringify(key)}]`;
      if (!Object.hasOwn(found, key)) return `${inner} is missing`;
      if (!Object.hasOwn(wanted, key)) return `${inner} should not be there`;
      const difference = firstDifference(Reflect.get(wanted, key), Reflect.get(found, key), inner);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }
  if (!isContainer(wanted) && !isContainer(found) && canonicalJson(wanted as string) === canonicalJson(found as string))
    return undefined;
  return `${at} is ${typeName(found)}${typeName(found) === typeName(wanted) ? ' with another value' : `, not ${typeName(wanted)}`}`;
}

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null;

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
