/*
 * Looks up pictures of clothes by their pixels, says how often the class is right, and writes contact-sheet.html:
 *
 *   node --import … main.ts [DIRECTORY] [URL]
 *
 * DIRECTORY holds the four files of Fashion-MNIST; default: where the Debian package dataset-fashion-mnist puts them, else the sample beside this
 * program. URL is a database, default `native:`.
 */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { connect } from 'anyvec';
import { contactSheet } from './contact-sheet.ts';
import { readPictures } from './pictures.ts';
import { accuracy, addPictures, lookalikes } from './search.ts';

const installed = '/usr/share/datasets/fashion-mnist';
const sample = fileURLToPath(new URL('sample', import.meta.url));
const [directory = existsSync(installed) ? installed : sample, url = 'native:'] = process.argv.slice(2);
const [pictures, asked] = await Promise.all([readPictures(directory, 'train'), readPictures(directory, 't10k')]);
const db = await connect(url);
const store = await addPictures(db, pictures);
const started = performance.now();
const answers = await lookalikes(store, asked, 5);
const seconds = (performance.now() - started) / 1_000;
const { all, byClass } = accuracy(answers);
const perSecond = Math.round(asked.length / seconds).toLocaleString('en');
console.log(
  `${asked.length} of ${pictures.length} pictures looked up, ${perSecond} a second; ${percent(all)} of the classes are right`,
);
for (const [className, share] of byClass) console.log(`  ${className.padEnd(10)} ${percent(share)}`);
await writeFile('contact-sheet.html', contactSheet(answers.slice(0, 24), pictures));
console.log('contact-sheet.html shows the first');
await db.close();

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
