/* The configuration of the service: a JSON file, or an object. Keys stand in the environment, never here. */
import { z } from 'zod';

const name = z.string().regex(/^[a-z][a-z0-9-]{0,40}$/, 'small letters, digits and -, beginning with a letter');
const share = z.number().min(0).max(1);
const count = z.int().positive();

const fieldType = z.enum(['keyword', 'number', 'boolean', 'datetime', 'text']);
const searchParams = z.strictObject({ ef: count.optional(), nprobe: count.optional() });
const indexSpec = z.looseObject({ type: z.string() });

const backend = z.strictObject({
  name,
  /** As `connect` takes it: a URL, or an object with `provider`. `${NAME}` in a URL is taken from the environment. */
  url: z.union([z.string(), z.looseObject({ provider: z.string() })]),
});

const variant = z.strictObject({
  name,
  /** Of the requests. The shares of all variants are scaled to 1. */
  share: z.number().min(0).default(1),
  /** Variants of different models or index settings need collections of their own. Default: the service's. */
  collection: name.optional(),
  /** Name of an embedder. Default: the service's. */
  embedder: z.string().optional(),
  index: indexSpec.optional(),
  params: searchParams.default({}),
});

const key = z.strictObject({
  /** The environment variable that holds the key. */
  env: z.string().min(1),
  /** The namespace that the key sees; '' is the default one. */
  tenant: z.string().max(128),
  role: z.enum(['read', 'write']).default('read'),
  requestsPerMinute: count.optional(),
  /** The tenant has at most so many documents. */
  maxDocuments: count.optional(),
});

const source = z.strictObject({
  path: z.string().min(1),
  tenant: z.string().max(128).default(''),
  /** Documents that came from there and are there no more are deleted. */
  prune: z.boolean().default(false),
  columns: z
    .strictObject({ id: z.string().optional(), title: z.string().optional(), text: z.string().optional() })
    .default({}),
});

/** See `config.example.json`. */
export const configSchema = z
  .strictObject({
    host: z.string().default('127.0.0.1'),
    /** 0: any free one. */
    port: z.int().min(0).max(65_535).default(8080),
    /** The first one is the default. */
    backends: z
      .array(backend)
      .min(1)
      .default([{ name: 'native', url: 'native:./data' }]),
    collection: name.default('articles'),
    /** `minilm`, `hashing`, `none` (BM25 alone), or the path of a module whose default export makes one. */
    embedder: z.string().default('minilm'),
    variants: z
      .array(variant)
      .min(1)
      .default([{ name: 'default', share: 1, params: {} }]),
    /** Payload fields to filter by; `title` and `text` are always there. */
    fields: z.record(z.string(), fieldType).default({}),
    /** None: everybody may read and write. */
    keys: z.array(key).default([]),
    sources: z.array(source).default([]),
    limits: z
      .strictObject({
        bodyBytes: count.default(5_000_000),
        documentsPerRequest: count.default(1_000),
        timeoutMs: count.default(30_000),
        /** How long a shutdown waits for requests under way. */
        graceMs: count.default(10_000),
        /** Of everybody together, where there are no keys. */
        requestsPerMinute: count.optional(),
        maxDocuments: count.optional(),
      })
      .prefault({}),
    search: z
      .strictObject({
        /** How rankings become one; see `searchHybrid`. */
        fusion: z
          .discriminatedUnion('type', [
            z.strictObject({ type: z.literal('rrf'), rankConstant: count.optional() }),
            z.strictObject({ type: z.literal('weighted'), vectorWeight: share.optional() }),
          ])
          .default({ type: 'rrf' }),
        /** How many of each ranking are fused. Default: that of `searchHybrid`. */
        candidates: count.max(10_000).optional(),
        /** What the terms of a title count, beside 1 for those of the text. */
        titleWeight: z.number().positive().default(2),
        /** Share of the dense searches that are compared with the exact answer, afterwards. */
        recallShare: share.default(0.005),
      })
      .prefault({}),
    /** What the points of the map are coloured by. Default: the keyword field that says most. */
    mapGroup: z.string().optional(),
  })
  .superRefine(({ backends, variants, keys }, context) => {
    for (const [path, names] of Object.entries({
      backends: backends.map(({ name }) => name),
      variants: variants.map(({ name }) => name),
      keys: keys.map(({ env }) => env),
    })) {
      const twice = names.find((name, i) => names.indexOf(name) !== i);
      if (twice !== undefined)
        context.addIssue({ code: 'custom', path: [path], message: `${twice} stands there twice` });
    }
    if (variants.every(({ share }) => share === 0))
      context.addIssue({ code: 'custom', path: ['variants'], message: 'no variant has a share' });
  });

/** A checked configuration. */
export type ServiceConfig = z.infer<typeof configSchema>;
/** What may be left out is left out. */
export type ServiceConfigInput = z.input<typeof configSchema>;

/** The variables of the environment. */
export type Environment = { readonly [name: string]: string | undefined };

/** Puts `${NAME}` in. @throws where the environment has no such variable; its value is never in the message. */
export function filledIn(url: string, env: Environment): string {
  return url.replaceAll(/\$\{(\w+)\}/g, (_, variable: string) => {
    const value = env[variable];
    if (value === undefined) throw new Error(`the environment has no ${variable}, which a backend's url names`);
    return value;
  });
}
