/** Node only. `npm run demo`: questions to the documentation in node_modules, then the same on other backends. */
import { join, relative, sep } from 'node:path';

import { connect } from '../connect.ts';
import { paletteFor, widthOf } from '../terminal/layout.ts';
import { duration, progressOn } from '../terminal/progress.ts';
import { interruptible, promptLoop } from '../terminal/prompt.ts';
import { ask, type DocsFilter } from './ask.ts';
import { type Comparison, type Measurement, measure } from './compare.ts';
import { type ComparisonRow, renderComparison } from './comparison-table.ts';
import { type Corpus, openCorpus } from './corpus.ts';
import { collectionName } from './docs-search.ts';
import { checkFilter, indexSections } from './index-docs.ts';
import { modelInfo } from './model.ts';
import { renderMatches } from './render.ts';

/** Whether a native addon works here and, if not, what to type. */
export type AddonState = { readonly available: true } | { readonly available: false; readonly command: string };

export interface DemoOptions {
  /** The project whose packages are searched. */
  readonly projectDir: string;
  readonly cacheDir: string;
  readonly questions: readonly string[];
  readonly k: number;
  /** Default: all sections. */
  readonly maxSections?: number;
  readonly filter?: DocsFilter;
  readonly addons: { readonly [backend: string]: AddonState };
  /** Printed below the table. */
  readonly notes: readonly string[];
  /** On a terminal, ask for further questions at the end. */
  readonly isConversing: boolean;
  /** What a failed question of the prompt looks like. */
  readonly onError: (error: unknown) => void;
}

/** Runs the demo on standard output. Errors: those of `openDocsSearch`. */
export async function runDemo(options: DemoOptions): Promise<void> {
  const { projectDir, cacheDir, maxSections } = options;
  await checkFilter(options.filter);
  const { signal, stop } = interruptible();
  const progress = progressOn(process.stderr);
  const corpus = await openCorpus({ projectDir, cacheDir, maxSections, progress, signal });
  try {
    introduce(corpus);
    const comparison: Comparison = { ...options, collection: await collectionName(projectDir), progress, signal };
    const native = await measure(urlOf('native', options), corpus, comparison);
    printAnswers(native, options);
    const rows: ComparisonRow[] = [{ url: urlOf('native', options), result: native }];
    for (const [backend, addon] of Object.entries(options.addons)) {
      const url = urlOf(backend, options);
      const result = addon.available ? await measure(url, corpus, comparison) : { installCommand: addon.command };
      rows.push({ url, result });
    }
    const palette = paletteFor(process.stdout);
    say([renderComparison(native, rows, palette), ...options.notes.map(palette.dim), ''].join('\n'));
    if (options.isConversing && process.stdin.isTTY && process.stdout.isTTY)
      await converse(corpus, options, comparison);
    else say(`Yours: npm run demo -- "your question" --filter '{"license":"MIT"}' -k 5`);
  } finally {
    stop();
    await corpus.close();
  }
}

/** Relative to the working directory, as one would type it. */
function urlOf(backend: string, { cacheDir }: DemoOptions): string {
  const path = relative(process.cwd(), join(cacheDir, 'demo', backend)).split(sep);
  return `${backend}:${path.map(encodeURIComponent).join('/')}`;
}

const say = (text: string) => void process.stdout.write(`${text}\n`);

function introduce({ sections, found }: Corpus): void {
  const packages = new Set(sections.map(({ payload }) => payload.package)).size;
  const count = sections.length < found ? `the first ${sections.length} of ${found}` : `${found}`;
  say(`${count} sections of documentation from ${packages} packages in node_modules`);
}

function printAnswers({ answers, report }: Measurement, { questions }: DemoOptions): void {
  const palette = paletteFor(process.stdout);
  const width = widthOf(process.stdout);
  const cached = report.written - report.embedded;
  const work = [
    `${report.unchanged} unchanged`,
    `${cached} from the cache`,
    `${report.embedded} embedded`,
    `${report.removed} removed`,
  ];
  say(`native engine ready in ${duration(report.ms)}: ${work.filter((part) => !part.startsWith('0 ')).join(', ')}`);
  for (const [i, question] of questions.entries()) {
    say(`\n${palette.bold(`? ${question}`)}\n${renderMatches(answers[i] ?? [], palette, width)}`);
  }
  say('');
}

async function converse(corpus: Corpus, options: DemoOptions, comparison: Comparison): Promise<void> {
  const db = await connect(urlOf('native', options));
  try {
    const { store } = await indexSections(db, corpus.sections, { ...comparison, ...corpus });
    const embedder = await corpus.embedder();
    say(`Now yours: type a question (${modelInfo.name}, offline); an empty line ends it.`);
    const answer = async (question: string) => {
      const matches = await ask(store, embedder, question, comparison);
      say(renderMatches(matches, paletteFor(process.stdout), widthOf(process.stdout)));
    };
    await promptLoop(answer, options.onError, comparison.signal);
  } finally {
    await db.close();
  }
}
