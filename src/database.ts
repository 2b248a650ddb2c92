import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Capabilities } from './capabilities.ts';
import type { VectorStore } from './store.ts';
import type {
  CallOptions,
  CollectionInfo,
  CollectionSpec,
  FieldSpecs,
  Health,
  IdMode,
  Payload,
  PayloadSchema,
} from './types.ts';

/** The payload type that a schema stands for: what it puts out, which is what is stored. */
export type PayloadOf<S extends PayloadSchema> =
  StandardSchemaV1.InferOutput<S> extends infer O extends object ? O : Payload;

/** How to open a collection that exists. What is said here must agree with what is stored, else `Conflict`. */
export interface OpenOptions<P extends object, S extends PayloadSchema> extends CallOptions {
  /** Gives the payload type, and validates writes. */
  readonly payload?: S;
  /** Needed only for a collection that this library did not create. */
  readonly fields?: FieldSpecs<P>;
  readonly idMode?: IdMode;
  /** Also check payloads against the schema when they are read (`Corruption` where one does not fit). Default false. */
  readonly validateReads?: boolean;
}

/** What `createCollection` takes beside the specification. */
export interface CreateOptions extends CallOptions {
  /** `error` (default): `AlreadyExists`. `open`: open it, `Conflict` if it differs. `recreate`: drop it with all its records first. */
  readonly ifExists?: 'error' | 'open' | 'recreate';
  readonly validateReads?: boolean;
}

/** A connection to one backend. */
export interface VectorDatabase extends AsyncDisposable {
  readonly provider: string;
  readonly capabilities: Capabilities;

  /**
   * Creates a collection. Its name is portable: lower-case words joined by `-`, at most 45 characters.
   *
   * @throws `AlreadyExists`, `Conflict` (see `ifExists`), `InvalidArgument`, `Unsupported` (dimension, metric or a `strict` index setting).
   * @example
   * const articles = await db.createCollection('articles', {
   *   dimension: 384, metric: 'cosine', payload: z.object({ title: z.string(), year: z.int() }), fields: { year: 'number' },
   * });
   */
  createCollection<S extends PayloadSchema>(
    name: string,
    spec: CollectionSpec<PayloadOf<S>, S> & { readonly payload: S },
    options?: CreateOptions,
  ): Promise<VectorStore<PayloadOf<S>>>;
  /** The same without a schema: name the payload's type, or leave it open. */
  createCollection<P extends object = Payload>(
    name: string,
    spec: CollectionSpec<P> & { readonly payload?: undefined },
    options?: CreateOptions,
  ): Promise<VectorStore<P>>;

  /**
   * Opens a collection, by any name that the backend allows.
   *
   * @throws `NotFound`; `Conflict` where the options disagree with what is stored.
   */
  collection<S extends PayloadSchema>(
    name: string,
    options: OpenOptions<PayloadOf<S>, S> & { readonly payload: S },
  ): Promise<VectorStore<PayloadOf<S>>>;
  /** The same without a schema. */
  collection<P extends object = Payload>(
    name: string,
    options?: OpenOptions<P, PayloadSchema> & { readonly payload?: undefined },
  ): Promise<VectorStore<P>>;

  /** Sorted by name (code units). */
  listCollections(options?: CallOptions): Promise<CollectionInfo[]>;
  /** Whether there is a collection of that name. */
  hasCollection(name: string, options?: CallOptions): Promise<boolean>;
  /** Drops a collection with all its records; false where there was none. */
  dropCollection(name: string, options?: CallOptions): Promise<boolean>;
  /** Never throws for a backend that is down: says `ok: false` and why. */
  health(options?: CallOptions): Promise<Health>;
  /** The vendor's own client (the engine on embedded backends), for what this library does not cover. */
  unwrap(): unknown;
  /** Closes all handles, then the connection. Closing twice is fine. */
  close(): Promise<void>;
}
