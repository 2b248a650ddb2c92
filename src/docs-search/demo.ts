/** Node only. `npm run demo`: questions to the documentation in node_modules, then the same on other backends. */
import { join, relative, sep } from 'node:path';

import { connect } from '../connect.ts';
import { ask, type DocsFilter } from './ask.ts';
import { type Measurement, measure, overlap } from './compare.ts';
import { type Corpus, openCorpus } from './corpus.ts';
import { collectionName } from './docs-search.ts';
import { indexSections } from './index-docs.ts';
import { modelInfo } from './model.ts';
import { duration, progressOn } from './progress.ts';
import { interruptible, promptLoop } from './prompt.ts';
import { renderMatches } from './render.ts';
import { type Palette, paletteFor, widthOf } from './terminal.ts';

/** Whether a native addon works here and, if not, what to type. */
export type AddonState = { readonly available: true } | { readonly available: false; readonly command: string };

export interface DemoOptions {
  /** The project whose packages are searched. */
  readonly projectDir: string;
  readonly cacheDir: string;
  readonly questions: readonly string[];
  readonly k: number;
  readonly filter?: DocsFilter;
  readonly addons: { readonly [backend: string]: AddonState };
  /** What a failed question of the prompt looks like. */
  readonly onError: (error: unknown) => void;
}

type Row = { readonly url: string; readonly backend: string } & ({ measured: Measurement } | { missing: string });

/** Runs the demo on standard output. Errors: those of `openDocsSearch`. */
export async function runDemo(options: DemoOptions): Promise<void> {
  const { projectDir, cacheDir } = options;
  const { signal, stop } = interruptible();
  const progress = progressOn(process.stderr);
  const corpus = await openCorpus({ projectDir, cacheDir, progress, signal });
  try {
    const packages = new Set(corpus.sections.map(({ payload }) => payload.package)).size;
    say(`${corpus.sections.length} sections of documentation from ${packages} packages in node_modules\n`);
    const comparison = { ...options, collection: await collectionName(projectDir), progress, signal };
    const run = (backend: string) => measure(urlOf(backend, options), corpus, comparison);
    const native = await run('native');
    printAnswers(native, options);
    const rows: Row[] = [{ backend: 'native', url: urlOf('native', options), measured: native }];
    for (const [backend, state] of Object.entries(options.addons)) {
      const url = urlOf(backend, options);
      rows.push({ backend, url, ...(state.available ? { measured: await run(backend) } : { missing: state.command }) });
    }
    say(`${renderComparison(rows, paletteFor(process.stdout), comparison)}\n`);
    if (process.stdin.isTTY && process.stdout.isTTY) await converse(corpus, options, comparison);
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

/** A table of at most 80 columns, and below it how to get what is missing. */
export function renderComparison(
  rows: readonly Row[],
  palette: Palette,
  { k, questions }: { k: number; questions: readonly string[] },
): string {
  const reference = rows.find((row) => 'measured' in row);
  const header = ['backend', 'url', `same top ${k}`, 'search', 'on disk', 'opens in'];
  const body = rows.map((row) => {
    if (!('measured' in row)) return [row.backend, row.url, 'not installed', '', '', ''];
    const { measured } = row;
    const same = row === reference ? 'reference' : describeOverlap(reference, measured);
    const size = measured.diskBytes === undefined ? '' : `${(measured.diskBytes / 1e6).toFixed(1)} MB`;
    return [
      row.backend,
      row.url,
      same,
      `${measured.searchMs.toFixed(2)} ms`,
      size,
      `${Math.round(measured.openMs)} ms`,
    ];
  });
  const widths = header.map((title, column) =>
    Math.max(...[title, ...body.map((cells) => cells[column]!)].map((cell) => cell.length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd();
  const missing = rows.flatMap((row) => ('missing' in row ? [`to add ${row.backend}, run: ${row.missing}`] : []));
  const title = `The same ${questions.length === 1 ? 'question' : `${questions.length} questions`} on other backends: only the URL changes`;
  const notes = palette.dim(
    'search: median without embedding the question (about 10 ms); opens in: connect, load, first answer',
  );
  return [palette.bold(title), '', palette.dim(line(header)), ...body.map(line), '', notes, ...missing].join('\n');
}

function describeOverlap(reference: Row | undefined, measured: Measurement): string {
  const { same, of } = overlap(
    reference !== undefined && 'measured' in reference ? reference.measured.answers : [],
    measured.answers,
  );
  return `${same} of ${of}`;
}

async function converse(
  corpus: Corpus,
  options: DemoOptions,
  comparison: Parameters<typeof measure>[2],
): Promise<void> {
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
