import { flag, isObject, type Json, list, optional, text, unsigned } from './body.ts';
import { malformed, notCovered } from './errors.ts';

/** How a text index takes texts apart. */
export interface Analyzer {
  document(text: string): string[];
  /** A prefix index keeps the beginnings of words, and is asked for whole ones. */
  query(text: string): string[];
  /** Whether the order of words is kept. */
  readonly phrases: boolean;
}

const tokenizers = ['word', 'whitespace', 'prefix', 'multilingual'];

/** @throws 400 for settings that make no sense, 501 for those that need a language's grammar. */
export function readAnalyzer(params: Json): Analyzer {
  const tokenizer = optional(params.tokenizer, (value) => text(value, 'tokenizer')) ?? 'word';
  if (!tokenizers.includes(tokenizer))
    throw malformed('data did not match any variant of untagged enum PayloadFieldSchema');
  if (tokenizer === 'multilingual') throw notCovered('the multilingual tokenizer');
  if (params.stemmer !== undefined && params.stemmer !== null) throw notCovered('stemmers');
  if (params.ascii_folding === true) throw notCovered('ascii_folding');
  const lowercase = optional(params.lowercase, (value) => flag(value, 'lowercase')) ?? true;
  const cased = (value: string) => (lowercase ? value.toLowerCase() : value);
  const shortest = optional(params.min_token_len, unsigned) ?? 0;
  const longest = optional(params.max_token_len, unsigned) ?? Number.POSITIVE_INFINITY;
  const stopwords = new Set(readStopwords(params.stopwords).map(cased));
  const split = (value: string) =>
    ((tokenizer === 'whitespace' ? value.match(/\S+/g) : value.match(/[\p{Alphabetic}\p{N}]+/gu)) ?? [])
      .map(cased)
      .filter((token) => !stopwords.has(token));
  const phrases = params.phrase_matching === true;
  if (tokenizer === 'prefix')
    return {
      document: (value) => split(value).flatMap((token) => prefixes(token, Math.max(1, shortest), longest)),
      query: (value) => split(value).map((token) => [...token].slice(0, longest).join('')),
      phrases,
    };
  const tokens = (value: string) =>
    split(value).filter((token) => {
      const { length } = [...token];
      return length >= shortest && length <= longest;
    });
  return { document: tokens, query: tokens, phrases };
}

export const defaultAnalyzer = readAnalyzer({});

function prefixes(token: string, shortest: number, longest: number): string[] {
  const chars = [...token];
  const found: string[] = [];
  for (let length = shortest; length <= Math.min(longest, chars.length); length++)
    found.push(chars.slice(0, length).join(''));
  return found;
}

/** Words of one's own. The lists of languages are not here. */
function readStopwords(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') throw notCovered(`the stop words of ${value}`);
  if (!isObject(value)) throw malformed('data did not match any variant of untagged enum StopwordsInterface');
  const { languages, custom } = value;
  if (Array.isArray(languages) && languages.length > 0) throw notCovered('the stop words of languages');
  return (optional(custom, (words) => list(words, 'custom')) ?? []).map((word) => text(word, 'custom'));
}
