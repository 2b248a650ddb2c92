import type { Id } from '../../types.ts';

/**
 * What may differ between the two sides, and has to be made equal again. Marks hold no records: whoever works one off reads what the active side
 * has by then. That makes working off repeatable, and its order free.
 */
export type Mark =
  /** Records of a namespace. */
  | { readonly kind: 'ids'; readonly collection: string; readonly namespace: string; readonly ids: readonly Id[] }
  /** Records of a namespace that are no longer there, by ids that nobody knows. */
  | { readonly kind: 'removed'; readonly collection: string; readonly namespace: string }
  /** Anything in a namespace. */
  | { readonly kind: 'namespace'; readonly collection: string; readonly namespace: string }
  /** A collection that was created, dropped, or both. */
  | { readonly kind: 'collection'; readonly collection: string }
  /** A collection with all that is in it. */
  | { readonly kind: 'content'; readonly collection: string };

/** How many ids wait because of a mark; those that name none count as one. */
export function weightOf(mark: Mark): number {
  return mark.kind === 'ids' ? mark.ids.length : 1;
}

/** @throws SyntaxError, TypeError for what is no mark. */
export function readMark(value: unknown): Mark {
  const { kind, collection, namespace = '', ids } = value as Record<string, unknown>;
  if (typeof collection !== 'string' || typeof namespace !== 'string') throw new TypeError('no mark');
  switch (kind) {
    case 'ids':
      if (!Array.isArray(ids)) throw new TypeError('no ids');
      return { kind, collection, namespace, ids: ids.map(String) };
    case 'removed':
    case 'namespace':
      return { kind, collection, namespace };
    case 'collection':
    case 'content':
      return { kind, collection };
    default:
      throw new TypeError('no kind of mark');
  }
}
