import { Document, type DocumentInterface } from '@langchain/core/documents';
import { invalid, VectorStoreError } from '../errors.ts';
import type { Id } from '../types.ts';
import { setOwn } from '../validate/payload.ts';

/**
 * The payload of a document: its metadata, with the text under `contentKey`.
 *
 * @throws `InvalidArgument` where the metadata has that key itself: one of the two would be lost.
 */
export function payloadOf(document: DocumentInterface, contentKey: string, place: string): object {
  const { pageContent, metadata = {} } = document;
  if (Object.hasOwn(metadata, contentKey)) {
    throw invalid(
      `${place}.metadata`,
      `"${contentKey}" is where the text of documents is kept; rename it, or choose another contentKey`,
    );
  }
  if (typeof pageContent !== 'string') throw invalid(`${place}.pageContent`, 'a string');
  const payload: Record<string, unknown> = {};
  for (const key of Object.keys(metadata)) setOwn(payload, key, metadata[key]);
  setOwn(payload, contentKey, pageContent);
  return payload;
}

/**
 * The document of a record, with the record's id.
 *
 * @throws `Conflict` where the record has no text under `contentKey`.
 */
export function documentOf(id: Id, payload: object, contentKey: string): Document {
  const metadata: Record<string, unknown> = {};
  let pageContent: unknown;
  for (const [key, value] of Object.entries(payload)) {
    if (key === contentKey) pageContent = value;
    else setOwn(metadata, key, value);
  }
  if (typeof pageContent !== 'string') {
    throw new VectorStoreError(
      'Conflict',
      `a record has no text under "${contentKey}"; say where the text of this collection is kept: { contentKey }`,
      { ids: [id] },
    );
  }
  return new Document({ id, pageContent, metadata });
}
