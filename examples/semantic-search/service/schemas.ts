/* Requests and answers, as the OpenAPI document has them and as they are checked. */
import { z } from '@hono/zod-openapi';
import type { Filter } from 'anyvec';
import { documentInput } from '../documents.ts';
import { modes } from './search.ts';

const payload = z.record(z.string(), z.unknown());
/** As it goes out: any JSON. */
const shownPayload = z.record(z.string(), z.any());
const mode = z.enum(modes);
const share = z.number().min(0).max(1);
const milliseconds = z.number().min(0);

/** An error, in every answer that is one. */
export const errorAnswer = z.object({ error: z.object({ code: z.string(), message: z.string() }) }).openapi('Error');

/** Only that it is an object: what it may say, the store knows. */
const isObject = (value: unknown): value is Filter =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const filter = z
  .string()
  .max(20_000)
  .transform((text, context): Filter => {
    const json = parsed(text);
    if (isObject(json)) return json;
    context.addIssue({ code: 'custom', message: 'a JSON object, for example {"lang":"en"}' });
    return z.NEVER;
  });

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** How many documents, where nobody says. */
export const defaultK = 10;

/** The parameters of `GET /search`. */
export const searchQuery = z.object({
  q: z
    .string()
    .max(2_000)
    .refine((text) => text.trim() !== '', { message: 'the question is empty' })
    .refine((text) => text.isWellFormed(), { message: 'the question is no well-formed text' })
    .openapi({ description: 'The question', example: 'how to retry a failed request' }),
  k: z.coerce.number().int().min(1).max(100).default(defaultK).openapi({ description: 'How many documents' }),
  filter: filter
    .optional()
    .openapi({ type: 'string', description: 'A filter as JSON', example: '{"lang":"en","year":{"$gte":2020}}' }),
  mode: mode.default('hybrid').openapi({ description: 'By meaning, by words, or both' }),
  backend: z.string().max(100).optional().openapi({ description: 'Name of a backend. Default: the first one' }),
  exact: z
    .enum(['true', 'false'])
    .default('false')
    .openapi({ description: 'Compare with every vector instead of asking the index' }),
});

const hit = z.object({
  id: z.string().openapi({ description: 'Of the chunk' }),
  documentId: z.string(),
  score: z.number().openapi({ description: 'Higher is better; comparable within one answer' }),
  title: z.string(),
  snippet: z.object({
    text: z.string(),
    highlights: z
      .array(z.array(z.int()).length(2))
      .openapi({ description: 'Beginning and end in UTF-16 units, end exclusive' }),
  }),
  payload: shownPayload,
});

export const searchAnswer = z
  .object({
    query: z.string(),
    mode,
    backend: z.string(),
    variant: z.string(),
    model: z.string(),
    fallback: z.literal('no-embeddings').optional().openapi({ description: 'BM25 answered instead' }),
    stale: z.int().min(0).optional().openapi({ description: 'Records that wait to be embedded by the present model' }),
    hits: z.array(hit),
    timings: z.object({ embedMs: milliseconds, searchMs: milliseconds, totalMs: milliseconds }),
  })
  .openapi('SearchAnswer');

/** The body of `POST /documents`. */
export const documentsInput = z.union([documentInput, z.array(documentInput)]);

export const putAnswer = z
  .object({
    upserted: z.int().min(0),
    unchanged: z.int().min(0),
    chunks: z.int().min(0),
    failed: z.array(z.object({ id: z.string(), code: z.string() })),
  })
  .openapi('PutAnswer');

export const documentId = z.object({
  id: z
    .string()
    .min(1)
    .max(400)
    .openapi({ param: { name: 'id', in: 'path' }, description: 'Percent-encoded' }),
});

export const documentAnswer = z
  .object({ id: z.string(), title: z.string(), text: z.string(), payload: shownPayload, chunks: z.array(z.string()) })
  .openapi('Document');

const reserved = ['id', 'title', 'text', '_doc'];
const isReserved = (path: string) => reserved.includes(path.split(/[."]/).find((part) => part !== '') ?? '');

/** The body of `PATCH /documents/:id`. */
export const patchInput = z
  .strictObject({ set: payload.default({}), unset: z.array(z.string()).default([]) })
  .refine(({ set, unset }) => Object.keys(set).length + unset.length > 0, { message: 'nothing to set or to unset' })
  .refine(({ set, unset }) => ![...Object.keys(set), ...unset].some(isReserved), {
    message: 'id, title and text cannot be patched: post the document again',
  })
  .openapi('Patch');

export const patchAnswer = z.object({ patched: z.int().min(1) }).openapi('PatchAnswer');
export const deleteAnswer = z.object({ deleted: z.int().min(1) }).openapi('DeleteAnswer');

const scalar = z.union([z.string(), z.boolean()]);
const bound = z.union([z.number(), z.string()]);

export const fieldsAnswer = z
  .object({
    fields: z.array(
      z.object({
        name: z.string(),
        type: z.enum(['keyword', 'number', 'bool', 'datetime', 'text']),
        values: z
          .array(z.object({ value: scalar, count: z.int() }))
          .max(50)
          .optional(),
        min: bound.optional(),
        max: bound.optional(),
      }),
    ),
    sampled: z.literal(true).optional(),
  })
  .openapi('Fields');

export const mapQuery = z.object({
  limit: z.coerce.number().int().min(1).max(5_000).default(2_000),
  backend: z.string().max(100).optional(),
});

export const mapAnswer = z
  .object({
    points: z.array(z.object({ id: z.string(), title: z.string(), x: z.number(), y: z.number(), group: z.string() })),
    groupField: z.string(),
    explained: z.array(share).length(2),
  })
  .openapi('Map');

const latency = z.object({ count: z.int(), p50: milliseconds, p95: milliseconds, p99: milliseconds });

export const statsAnswer = z
  .object({
    backends: z.array(z.object({ name: z.string(), url: z.string(), provider: z.string(), index: z.string() })),
    default: z.string(),
    count: z.int(),
    model: z.object({ name: z.string(), version: z.string(), dimension: z.int() }),
    variants: z.array(z.object({ name: z.string(), share, model: z.string() })),
    latency: latency.extend({ byMode: z.partialRecord(mode, latency) }),
    recall: z
      .object({ sampled: z.int(), mean: share, k: z.int().openapi({ description: 'Of searches that do not say' }) })
      .nullable()
      .openapi({ description: 'Share of the exact answer that sampled dense searches gave' }),
    uptimeS: z.number(),
  })
  .openapi('Stats');

export const healthAnswer = z
  .object({ ok: z.boolean(), backends: z.record(z.string(), z.object({ ok: z.boolean(), latencyMs: milliseconds })) })
  .openapi('Health');
