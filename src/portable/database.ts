import type { CreateOptions, OpenOptions, VectorDatabase } from '../database.ts';
import type { CollectionDriver, Driver, DriverSpec } from '../driver.ts';
import { invalid, VectorStoreError } from '../errors.ts';
import { compareIds } from '../score.ts';
import type { VectorStore } from '../store.ts';
import type { CallOptions, CollectionInfo, FieldType, Health, PayloadSchema } from '../types.ts';
import { validateCollectionName, validateNewCollectionName } from '../validate/identifiers.ts';
import { booleanOption, checkedOptions, wordOption } from '../validate/options.ts';
import { validateFields, validateSpec } from '../validate/spec.ts';
import { shown } from '../validate/text.ts';
import { type Call, callKeys, checkInput, Lifetime, perform, typedError } from './call.ts';
import { PortableStore } from './store.ts';

/** The one implementation of {@link VectorDatabase}, over any driver. */
export class PortableDatabase implements VectorDatabase {
  readonly #driver: Driver;
  readonly #lifetime = new Lifetime('database');
  /** Search hints without effect, by collection: shared by all its handles. */
  readonly #ignoredHints = new Map<string, Set<string>>();

  readonly #closeWithHandle: boolean;

  /** `closeWithHandle`: closing any handle closes the database; for those who see only the one handle. */
  constructor(driver: Driver, { closeWithHandle = false } = {}) {
    this.#driver = driver;
    this.#closeWithHandle = closeWithHandle;
  }

  get provider(): string {
    return this.#driver.provider;
  }
  get capabilities(): VectorDatabase['capabilities'] {
    return this.#driver.capabilities;
  }

  // The overloads of the interface differ only in how the payload type is inferred.
  createCollection<P extends object>(
    name: string,
    spec: { readonly payload?: PayloadSchema | undefined },
    options?: CreateOptions,
  ): Promise<VectorStore<P>> {
    return this.#perform('createCollection', name, options, ['ifExists', 'validateReads'], async (call, given) => {
      const checked = checkInput('spec', () => validateSpec(spec, this.capabilities));
      const schema = checkInput('spec', () => readSchema(spec.payload, 'spec.payload'));
      const ifExists = wordOption(given.ifExists, 'options.ifExists', ['error', 'open', 'recreate'], 'error');
      const validateReads = booleanOption(given.validateReads, 'options.validateReads', false);
      validateNewCollectionName(name);
      if (ifExists === 'recreate') await call.run((context) => this.#driver.dropCollection(name, context));
      const collection = await this.#createOrOpen(call, name, checked, ifExists === 'open');
      return this.#handle<P>(collection, schema, validateReads);
    });
  }

  async #createOrOpen(call: Call, name: string, spec: DriverSpec, mayExist: boolean): Promise<CollectionDriver> {
    try {
      return await call.run((context) => this.#driver.createCollection(name, spec, context));
    } catch (error) {
      if (!mayExist || call.wrap(error).code !== 'AlreadyExists') throw error;
    }
    const collection = await call.run((context) => this.#driver.openCollection(name, { fields: spec.fields }, context));
    checkAgreement(collection.info, spec);
    return collection;
  }

  collection<P extends object>(
    name: string,
    options?: Omit<OpenOptions<object, PayloadSchema>, 'fields'>,
  ): Promise<VectorStore<P>> {
    return this.#perform(
      'collection',
      name,
      options,
      ['payload', 'fields', 'idMode', 'validateReads'],
      async (call, given) => {
        validateCollectionName(name);
        const schema = readSchema(given.payload, 'options.payload');
        const fields =
          given.fields === undefined
            ? undefined
            : checkInput('options.fields', () => validateFields(given.fields, this.capabilities, 'options.fields'));
        const idMode =
          given.idMode === undefined
            ? undefined
            : wordOption(given.idMode, 'options.idMode', ['native', 'hashed'], 'native');
        const validateReads = booleanOption(given.validateReads, 'options.validateReads', false);
        const open = { ...(fields && { fields }), ...(idMode && { idMode }) };
        const collection = await call.run((context) => this.#driver.openCollection(name, open, context));
        checkAgreement(collection.info, open);
        return this.#handle<P>(collection, schema, validateReads);
      },
    );
  }

  #handle<P extends object>(
    collection: CollectionDriver,
    schema: PayloadSchema | undefined,
    validateReads: boolean,
  ): VectorStore<P> {
    const { name } = collection.info;
    const ignoredHints = this.#ignoredHints.get(name) ?? new Set();
    this.#ignoredHints.set(name, ignoredHints);
    return new PortableStore<P>({
      driver: this.#driver,
      collection,
      schema,
      validateReads,
      lifetime: this.#lifetime.child('collection'),
      namespace: '',
      ignoredHints,
      onClose: () => (this.#closeWithHandle ? this.close() : collection.close()),
    });
  }

  listCollections(options?: CallOptions): Promise<CollectionInfo[]> {
    return this.#perform('listCollections', undefined, options, [], async (call) => {
      const collections = await call.run((context) => this.#driver.listCollections(context));
      return structuredClone(collections).sort((a, b) => compareIds(a.name, b.name));
    });
  }

  hasCollection(name: string, options?: CallOptions): Promise<boolean> {
    return this.#perform('hasCollection', name, options, [], async (call) => {
      validateCollectionName(name);
      return call.run((context) => this.#driver.hasCollection(name, context));
    });
  }

  dropCollection(name: string, options?: CallOptions): Promise<boolean> {
    return this.#perform('dropCollection', name, options, [], async (call) => {
      validateCollectionName(name);
      this.#ignoredHints.delete(name);
      return call.run((context) => this.#driver.dropCollection(name, context));
    });
  }

  health(options?: CallOptions): Promise<Health> {
    return this.#perform('health', undefined, options, [], async (call) => {
      const began = performance.now();
      try {
        return await call.run((context) => this.#driver.health(context));
      } catch (error) {
        if (error === call.signal.reason && VectorStoreError.is(error, 'Aborted')) throw error;
        return { ok: false, latencyMs: performance.now() - began, problem: call.wrap(error).message };
      }
    });
  }

  unwrap(): unknown {
    this.#lifetime.check();
    return this.#driver.unwrap();
  }

  async close(): Promise<void> {
    if (!(await this.#lifetime.close())) return;
    const site = { driver: this.#driver, lifetime: this.#lifetime };
    await this.#driver.close().catch((error: unknown) => Promise.reject(typedError(site, 'close', error)));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #perform<T, K extends string>(
    operation: string,
    collection: string | undefined,
    options: CallOptions | undefined,
    keys: readonly K[],
    body: (call: Call, given: { readonly [key in K]?: unknown }) => Promise<T>,
  ): Promise<T> {
    const site = {
      driver: this.#driver,
      lifetime: this.#lifetime,
      ...(typeof collection === 'string' && { collection }),
    };
    return perform(site, operation, options, async (call) => {
      const given = checkInput('options', () => checkedOptions(options, [...keys, ...callKeys], 'options'));
      return body(call, given as { readonly [key in K]?: unknown });
    });
  }
}

function readSchema(schema: unknown, place: string): PayloadSchema | undefined {
  if (schema === undefined) return undefined;
  const standard: unknown =
    typeof schema === 'object' || typeof schema === 'function'
      ? (schema as Partial<PayloadSchema> | null)?.['~standard']
      : undefined;
  if (typeof (standard as Partial<PayloadSchema['~standard']> | undefined)?.validate !== 'function') {
    throw invalid(place, `a Standard Schema (zod, valibot, arktype …), not ${shown(schema)}`);
  }
  return schema as PayloadSchema;
}

/** What the caller says of a collection against what is stored. */
function checkAgreement(
  info: CollectionInfo,
  said: { dimension?: number; metric?: string; fields?: { readonly [field: string]: FieldType }; idMode?: string },
): void {
  for (const key of ['dimension', 'metric', 'idMode'] as const) {
    if (said[key] !== undefined && said[key] !== info[key]) throw conflict(info.name, key, said[key], info[key]);
  }
  if (said.fields === undefined) return;
  const text = (fields: { readonly [field: string]: FieldType }) =>
    JSON.stringify(Object.entries(fields).sort(([a], [b]) => compareIds(a, b)));
  if (text(said.fields) !== text(info.fields))
    throw conflict(info.name, 'fields', JSON.stringify(said.fields), JSON.stringify(info.fields));
}

function conflict(name: string, key: string, said: unknown, stored: unknown): VectorStoreError {
  return new VectorStoreError(
    'Conflict',
    `collection ${name} has ${key} ${String(stored)}, not ${String(said)}: open it with the stored value, or recreate it`,
  );
}

/**
 * A database over any driver: for authors of adapters, and for composing middleware by hand.
 * Users call `connect`.
 */
export function createDatabase(driver: Driver): VectorDatabase {
  return new PortableDatabase(driver);
}
