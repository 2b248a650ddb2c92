const term = /[\p{L}\p{N}\p{M}]+/gu;

/**
 * The tokenizer of `$match` and of full-text search: NFKC, lower case, runs of letters, digits and marks. No stemming, no stop words.
 * `'Naïve RAG-2.0'` → `['naïve', 'rag', '2', '0']`.
 */
export function tokenize(text: string): string[] {
  return text.normalize('NFKC').toLowerCase().match(term) ?? [];
}

/** The terms of what stands at a `text` field, in order: of an array those of all its elements. What is no text has none. */
export function termsOf(value: unknown): string[] {
  const elements: readonly unknown[] = Array.isArray(value) ? value : [value];
  return elements.flatMap((element) => (typeof element === 'string' ? tokenize(element) : []));
}
