import { createHash } from 'node:crypto';
import type { VectorStore } from '../../../store.ts';
import { utf8Length } from '../../../validate/text.ts';
import type { IndexEntry } from './catalog.ts';
import { badRequest } from './fault.ts';
import { NamespaceData } from './namespace-data.ts';
import type { PineconeQuirks } from './quirks.ts';

/** What the wire calls the default namespace; the empty string means it too. */
export const defaultNamespace = '__default__';

/** Names that a database may not hold as they are go by another one; this remembers which. */
export interface NameBook {
  /** The name that goes by `alias`. */
  nameOf(alias: string): string | undefined;
  remember(alias: string, name: string): Promise<void>;
}

/** The records of one index, by namespace. */
export class IndexData {
  readonly #entry: () => IndexEntry;
  readonly #store: VectorStore;
  readonly #quirks: PineconeQuirks;
  readonly #names: NameBook;
  readonly #namespaces = new Map<string, Promise<NamespaceData>>();

  constructor(store: VectorStore, entry: () => IndexEntry, quirks: PineconeQuirks, names: NameBook) {
    this.#store = store;
    this.#entry = entry;
    this.#quirks = quirks;
    this.#names = names;
  }

  /** What the index is now. */
  get entry(): IndexEntry {
    return this.#entry();
  }

  /** Whether a namespace is there: it holds records, or was created. */
  async has(name: string): Promise<boolean> {
    if (this.entry.namespaces.some((created) => created.name === name)) return true;
    return (await (await this.namespace(name)).count()) > 0;
  }

  /** @throws 400 for a name that the service refuses */
  async namespace(name: string): Promise<NamespaceData> {
    if (!isNamespaceName(name))
      throw badRequest(`Namespace must be at most 512 ASCII characters without NUL, but got '${name}'`);
    const canonical = name === '' ? defaultNamespace : name;
    const known = this.#namespaces.get(canonical);
    if (known !== undefined) return known;
    const opened = this.#open(canonical);
    this.#namespaces.set(canonical, opened);
    return opened;
  }

  async #open(name: string): Promise<NamespaceData> {
    const alias = aliasOf(name);
    if (alias !== name) await this.#names.remember(alias, name);
    const store = name === defaultNamespace ? this.#store : this.#store.namespace(alias);
    return new NamespaceData(store, this.entry, this.#quirks);
  }

  /** How many records each namespace holds, the empty ones left out. */
  async counts(): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    const aliases = await this.#store.listNamespaces();
    for (const name of [defaultNamespace, ...aliases.map((alias) => this.#names.nameOf(alias) ?? alias)]) {
      const count = await (await this.namespace(name)).count();
      if (count > 0) counts.set(name, count);
    }
    return counts;
  }
}

/** As the vendor's types say it; the empty name is the default namespace's. */
export function isNamespaceName(name: string): boolean {
  return /^\p{ASCII}{0,512}$/u.test(name) && !name.includes('\0');
}

/** Portable databases hold names of up to 128 bytes. */
function aliasOf(name: string): string {
  if (utf8Length(name) <= 128 && !name.startsWith('~')) return name;
  return `~${createHash('sha256').update(name, 'utf8').digest('hex')}`;
}
