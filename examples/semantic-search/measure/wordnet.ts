/* WordNet as a collection of articles: a synset is one, its lemmas the title, its gloss the text. */
import { readGlosses } from '../../../bench/data/glosses.ts';

/** A meaning, with its usage examples told apart from what defines it. */
export interface Synset {
  /** Part of speech and place in WordNet's file: `noun-17`. */
  readonly id: string;
  /** Its lemmas, joined by commas. */
  readonly title: string;
  /** The gloss as WordNet has it. */
  readonly gloss: string;
  /** The gloss without quoted examples. */
  readonly definition: string;
  /** The quoted examples. */
  readonly examples: readonly string[];
  readonly pos: string;
  /** The lexicographers' file: `noun.animal`. */
  readonly domain: string;
}

/** All of them (117,791), in the order of WordNet's files. */
export async function readSynsets(): Promise<Synset[]> {
  return (await readGlosses()).map(({ pos, domain, text }, at) => {
    const end = text.indexOf(': ');
    const gloss = text.slice(end + 2);
    const domainName = domains[domain] ?? `${pos}.${domain}`;
    return { id: `${pos}-${at}`, title: text.slice(0, end), gloss, ...apart(gloss), pos, domain: domainName };
  });
}

/** Examples follow the definition, in quotation marks after a semicolon (now and then another mark). */
function apart(gloss: string): { definition: string; examples: string[] } {
  const end = gloss.search(/[;:,]\s*"/);
  if (end < 0) return { definition: gloss, examples: [] };
  const examples = [...gloss.slice(end).matchAll(/"([^"]+)"/g)].map(([, example]) => example!.trim());
  return { definition: gloss.slice(0, end).trim(), examples };
}

/** What is embedded for a title and a text, by the rule of the service. */
export const embeddedText = (title: string, text: string): string => `${title}: ${text}`;

const nouns =
  'Tops act animal artifact attribute body cognition communication event feeling food group location motive object person phenomenon plant possession process quantity relation shape state substance time';
const verbs =
  'body change cognition communication competition consumption contact creation emotion motion perception possession social stative weather';
const domains = [
  ...['adj.all', 'adj.pert', 'adv.all'],
  ...nouns.split(' ').map((name) => `noun.${name}`),
  ...verbs.split(' ').map((name) => `verb.${name}`),
  'adj.ppl',
];
