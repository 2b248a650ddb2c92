import { type Json, object, text } from './body.ts';
import type { Collection } from './collection.ts';
import { malformed, notFound, QdrantError } from './errors.ts';
import { readConfig, validateName } from './settings.ts';
import type { Storage } from './storage.ts';

/** All collections and aliases. */
export class Catalog {
  readonly #storage: Storage;
  readonly #collections = new Map<string, Collection>();
  readonly #aliases = new Map<string, string>();
  readonly #creating = new Set<string>();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  async load(): Promise<void> {
    const { collections, aliases } = await this.#storage.load();
    for (const collection of collections) this.#collections.set(collection.name, collection);
    for (const [alias, name] of aliases) this.#aliases.set(alias, name);
  }

  collections(): Collection[] {
    return [...this.#collections.values()];
  }

  find(name: string): Collection | undefined {
    validateName(name);
    return this.#collections.get(this.#aliases.get(name) ?? name);
  }

  get(name: string): Collection {
    const collection = this.find(name);
    if (collection === undefined) throw notFound(`Collection \`${name}\` doesn't exist!`);
    return collection;
  }

  /** A collection that a body names. */
  lookup(name: string): Collection {
    const collection = this.#collections.get(this.#aliases.get(name) ?? name);
    if (collection === undefined) throw notFound(`Collection ${name} not found`);
    return collection;
  }

  async create(name: string, body: Json): Promise<void> {
    validateName(name);
    const config = readConfig(body);
    if (this.#collections.has(name) || this.#creating.has(name)) throw exists(name);
    if (this.#aliases.has(name))
      throw new QdrantError(
        400,
        `Wrong input: Can't create collection with name ${name}. Alias with the same name already exists`,
      );
    this.#creating.add(name);
    try {
      this.#collections.set(name, await this.#storage.create(name, config));
    } finally {
      this.#creating.delete(name);
    }
  }

  async drop(name: string): Promise<boolean> {
    const collection = this.find(name);
    if (collection === undefined) return false;
    this.#collections.delete(collection.name);
    for (const [alias, target] of this.#aliases) if (target === collection.name) await this.#setAlias(alias, undefined);
    await collection.drop();
    return true;
  }

  aliases(of?: string): Json {
    const all = [...this.#aliases].filter(([, name]) => of === undefined || name === of);
    return { aliases: all.map(([alias, name]) => ({ alias_name: alias, collection_name: name })) };
  }

  async changeAliases(actions: readonly unknown[]): Promise<void> {
    for (const member of actions) {
      const action = object(member, 'enum AliasOperations');
      if (action.create_alias !== undefined) await this.#createAlias(object(action.create_alias, 'struct CreateAlias'));
      else if (action.delete_alias !== undefined) {
        const { alias_name: alias } = object(action.delete_alias, 'struct DeleteAlias');
        await this.#setAlias(text(alias, 'alias_name'), undefined);
      } else if (action.rename_alias !== undefined)
        await this.#renameAlias(object(action.rename_alias, 'struct RenameAlias'));
      else throw malformed('data did not match any variant of untagged enum AliasOperations');
    }
  }

  async #createAlias({ alias_name: alias, collection_name: name }: Json): Promise<void> {
    const given = text(alias, 'alias_name');
    const target = this.get(text(name, 'collection_name')).name;
    if (this.#collections.has(given)) throw exists(given);
    await this.#setAlias(given, target);
  }

  async #renameAlias({ old_alias_name: old, new_alias_name: renamed }: Json): Promise<void> {
    const from = text(old, 'old_alias_name');
    const to = text(renamed, 'new_alias_name');
    const target = this.#aliases.get(from);
    if (target === undefined) throw notFound(`Alias ${from} does not exists!`);
    if (this.#collections.has(to)) throw exists(to);
    await this.#setAlias(to, target);
    if (to !== from) await this.#setAlias(from, undefined);
  }

  async #setAlias(alias: string, name: string | undefined): Promise<void> {
    await this.#storage.setAlias(alias, name);
    if (name === undefined) this.#aliases.delete(alias);
    else this.#aliases.set(alias, name);
  }
}

function exists(name: string): QdrantError {
  return new QdrantError(409, `Wrong input: Collection \`${name}\` already exists!`);
}
