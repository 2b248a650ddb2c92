/*
 * How good the answers are: usage examples that WordNet quotes are the questions, their synsets the right answers, and the index holds the
 * definitions without them. `npm run search -- evaluate`; options: `--questions 4000`.
 *
 * Half of the questions choose the settings (weight of the title, fusion), the other half are measured with them, once.
 */
import { parseArgs } from 'node:util';
import { type FusionSettings, fuse } from '../../../src/fusion.ts';
import type { Mode } from '../service/search.ts';
import type { Service } from '../service/service.ts';
import { meanWithInterval, table } from './figures.ts';
import type { Question } from './questions.ts';
import { openWordnet, type Wordnet } from './wordnet-service.ts';

const k = 10;
const deepest = 200;
/** They differ widely. */
const enoughForWeights = 1_000;
const titleWeights = [1, 2, 4, 8, 16];
const depths = [50, 100, 200];
const fusions: FusionSettings[] = [
  ...[5, 20, 60].map((rankConstant) => ({ type: 'rrf' as const, rankConstant })),
  ...[0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9].map((vectorWeight) => ({ type: 'weighted' as const, vectorWeight })),
];

interface Quality {
  readonly ndcg: number;
  readonly recall: number;
}
interface Ranked {
  readonly id: string;
  readonly score: number;
}
/** The rankings of one question, to be fused in many ways. */
interface Rankings {
  readonly question: Question;
  readonly dense: readonly Ranked[];
  readonly words: readonly Ranked[];
}

const { values } = parseArgs({ options: { questions: { type: 'string', default: '4000' } } });
const wordnet = await openWordnet({ isHeldOut: true, questions: Number(values.questions) });
const half = wordnet.questions.length / 2;
const [tuning, asked] = [wordnet.questions.slice(0, half), wordnet.questions.slice(half)];

const titleWeight = await bestTitleWeight(tuning.slice(0, enoughForWeights));
const best = await bestFusion(tuning, titleWeight);
console.log(
  `settings chosen on ${tuning.length} questions: title weight ${titleWeight}, ${described(best.fusion)}, ${best.candidates} candidates\n`,
);
const byDefault = await ask(wordnet.service, asked, 'hybrid');
await wordnet.close();

const measured = await openWordnet({
  isHeldOut: true,
  questions: Number(values.questions),
  search: { titleWeight, candidates: best.candidates, fusion: best.fusion, recallShare: 0 },
});
const results = new Map<Mode | 'hybrid, default settings', Quality[]>();
for (const mode of ['dense', 'bm25', 'hybrid'] as const) results.set(mode, await ask(measured.service, asked, mode));
results.set('hybrid, default settings', byDefault);
await measured.close();
report(results);

/** Answers of the service itself. */
async function ask({ search }: Service, questions: readonly Question[], mode: Mode): Promise<Quality[]> {
  const qualities: Quality[] = [];
  for (const { text, relevant } of questions) {
    const { hits, fallback } = await search.answer({ tenant: '', key: '' }, { q: text, k, mode, exact: false });
    if (fallback !== undefined) throw new Error(`"${text}" was answered by BM25`);
    qualities.push(
      qualityOf(
        hits.map(({ documentId }) => documentId),
        relevant,
      ),
    );
  }
  return qualities;
}

/** nDCG@10 with gains of 0 and 1, and recall@10. */
function qualityOf(ids: readonly string[], relevant: ReadonlySet<string>): Quality {
  const discount = (rank: number) => 1 / Math.log2(rank + 2);
  const found = ids.slice(0, k).map((id, rank) => (relevant.has(id) ? discount(rank) : 0));
  const ideal = Array.from({ length: Math.min(k, relevant.size) }, (_, rank) => discount(rank));
  const sum = (gains: readonly number[]) => gains.reduce((total, gain) => total + gain, 0);
  return {
    ndcg: sum(found) / sum(ideal),
    recall: found.filter((gain) => gain > 0).length / Math.min(k, relevant.size),
  };
}

async function bestTitleWeight(questions: readonly Question[]): Promise<number> {
  const scores: { weight: number; ndcg: number }[] = [];
  for (const weight of titleWeights) {
    const qualities: number[] = [];
    for (const { text, relevant } of questions) {
      const words = await byWords(wordnet, text, weight, k);
      qualities.push(
        qualityOf(
          words.map(({ id }) => id),
          relevant,
        ).ndcg,
      );
    }
    scores.push({ weight, ndcg: meanWithInterval(qualities).mean });
    console.log(`  BM25 with title weight ${weight}: nDCG@10 ${scores.at(-1)!.ndcg.toFixed(4)}`);
  }
  return scores.reduce((best, score) => (score.ndcg > best.ndcg ? score : best)).weight;
}

async function bestFusion(questions: readonly Question[], weight: number) {
  const rankings: Rankings[] = [];
  for (const question of questions) {
    const vector = wordnet.memory.get(question.text)!;
    const found = await store(wordnet).search(vector, { k: deepest, include: { payload: false } });
    const dense = found.map(({ id, score }) => ({ id: documentOf(id), score }));
    rankings.push({ question, dense, words: await byWords(wordnet, question.text, weight, deepest) });
  }
  const tried = depths.flatMap((candidates) =>
    fusions.map((fusion) => {
      const ndcg = rankings.map(({ question, dense, words }) => {
        const fused = fuse(dense.slice(0, candidates), words.slice(0, candidates), fusion, k);
        return qualityOf(
          fused.map(({ hit }) => hit.id),
          question.relevant,
        ).ndcg;
      });
      return { fusion, candidates, ndcg: meanWithInterval(ndcg).mean };
    }),
  );
  const sorted = tried.toSorted((a, b) => b.ndcg - a.ndcg);
  for (const type of ['rrf', 'weighted'] as const) {
    const [first] = sorted.filter(({ fusion }) => fusion.type === type);
    console.log(
      `  best ${described(first!.fusion)}, ${first!.candidates} candidates: nDCG@10 ${first!.ndcg.toFixed(4)}`,
    );
  }
  return sorted[0]!;
}

async function byWords(from: Wordnet, text: string, title: number, count: number): Promise<Ranked[]> {
  const found = await store(from).searchHybrid(
    { text },
    { k: count, fields: { text: 1, title }, include: { payload: false } },
  );
  return found.map(({ id, score }) => ({ id: documentOf(id), score }));
}

function report(results: ReadonlyMap<string, readonly Quality[]>): void {
  const shown = (values: readonly number[]) => {
    const { mean, half } = meanWithInterval(values);
    return `${mean.toFixed(3)} ± ${half.toFixed(3)}`;
  };
  const rows = Array.from(results, ([mode, qualities]) => [
    mode,
    shown(qualities.map(({ ndcg }) => ndcg)),
    shown(qualities.map(({ recall }) => recall)),
  ]);
  console.log(table([['mode', 'nDCG@10', 'recall@10'], ...rows]));
  const ndcg = (mode: string) => results.get(mode)!.map(({ ndcg }) => ndcg);
  const better = ['dense', 'bm25'].reduce((a, b) =>
    meanWithInterval(ndcg(a)).mean >= meanWithInterval(ndcg(b)).mean ? a : b,
  );
  const [hybrid, alone] = [ndcg('hybrid'), ndcg(better)];
  const { mean, half } = meanWithInterval(hybrid.map((value, i) => value - alone[i]!));
  console.log(
    `\nhybrid − ${better}: ${mean >= 0 ? '+' : ''}${mean.toFixed(3)} ± ${half.toFixed(3)} nDCG@10, question by question`,
  );
  console.log(`${hybrid.length} questions that had no part in the choice of settings; ± is the 95 % interval`);
}

function described(fusion: FusionSettings): string {
  return fusion.type === 'rrf'
    ? `rrf with constant ${fusion.rankConstant}`
    : `weighted with vectors at ${fusion.vectorWeight}`;
}

function store({ service }: Wordnet) {
  return service.catalogue.shelves[0]!.root;
}

function documentOf(chunk: string): string {
  return chunk.slice(0, chunk.lastIndexOf('#'));
}
