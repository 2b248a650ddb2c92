/* What comes in, and what is stored of it: a document becomes one record per chunk. */
import type { JsonValue, Payload } from 'anyvec';
import { VectorStoreError } from 'anyvec';
import { z } from 'zod';

/** A document: what is embedded and ranked (`title`, `text`), and any other payload. */
export interface Document {
  /** Default: made of the content, so that the same document is the same record. */
  readonly id?: string | undefined;
  readonly title?: string | undefined;
  readonly text: string;
  readonly payload: Payload;
  /** How `text` is cut into chunks. Default `text`. */
  readonly format?: 'text' | 'markdown';
  /** What stands for it in the embedding, if not its title and text. Then it is one chunk. */
  readonly gist?: string;
}

/** Longest id, in UTF-16 units and bytes alike: a chunk's id is this and its number. */
const idLimit = 400;

const json: z.ZodType<JsonValue> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(json), z.record(z.string(), json)]),
);

/** Any JSON object. */
export const jsonObject = z.record(z.string(), json);

/** A document as JSON has it: everything beside `id`, `title` and `text` is its payload. */
export const documentInput = z
  .object({
    id: z
      .string()
      .min(1)
      .max(idLimit)
      .refine((id) => id.isWellFormed() && !id.includes('\0') && Buffer.byteLength(id) <= idLimit, {
        message: `an id is well-formed text of at most ${idLimit} bytes without NUL`,
      })
      .optional(),
    title: z.string().max(1_000).optional(),
    text: z.string().min(1),
  })
  .catchall(z.unknown())
  .refine((document) => !('_doc' in document), { message: 'the field _doc belongs to the service' });

/** A document from JSON. */
export function toDocument({ id, title, text, ...payload }: z.infer<typeof documentInput>): Document {
  const checked = jsonObject.safeParse(payload);
  if (!checked.success) throw new VectorStoreError('InvalidArgument', 'a document holds something that is not JSON');
  return { id, title, text, payload: checked.data };
}

/** What the service keeps with a chunk, beside the document's own payload. */
export const chunkInfo = z.object({
  /** Of the document. */
  id: z.string(),
  /** From 0. The first chunk is written last: where it is, the others are. */
  part: z.int(),
  parts: z.int(),
  /** Of title, text and payload as they came: tells whether a document has changed. */
  hash: z.string(),
  /** The model of the vector; '' for none yet. */
  model: z.string(),
  /** Where it was ingested from; '' for what came over HTTP. */
  source: z.string(),
  /** Headings above it in the document, joined by ` › `. */
  heading: z.string().optional(),
  gist: z.string().optional(),
});

/** See {@link chunkInfo}. */
export type ChunkInfo = z.infer<typeof chunkInfo>;

const reserved = new Set(['title', 'text', '_doc']);
const stored = z.looseObject({ title: z.string().optional(), text: z.string(), _doc: chunkInfo });

/** A stored chunk, taken apart. */
export interface Chunk {
  readonly title: string;
  readonly text: string;
  readonly info: ChunkInfo;
  /** The document's own. */
  readonly payload: { readonly [field: string]: JsonValue };
}

/** What a record of the collection holds; undefined for one that this service did not write. */
export function readChunk(payload: Payload): Chunk | undefined {
  const checked = stored.safeParse(payload);
  if (!checked.success) return undefined;
  const { _doc: info, title = '', text } = checked.data;
  const own = Object.entries(payload).filter((entry): entry is [string, JsonValue] => {
    return entry[1] !== undefined && !reserved.has(entry[0]);
  });
  return { title, text, info, payload: Object.fromEntries(own) };
}

/** The id of a chunk's record. */
export const chunkId = (documentId: string, part: number): string => `${documentId}#${part}`;

/** What is embedded for a chunk. */
export function embeddedText(title: string, text: string, { heading, gist }: Pick<ChunkInfo, 'heading' | 'gist'>) {
  if (gist !== undefined) return gist;
  const above = [title, heading].filter(Boolean).join(' › ');
  return above === '' ? text.trim() : `${above}: ${text.trim()}`;
}
