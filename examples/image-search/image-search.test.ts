import { fileURLToPath } from 'node:url';
import { connect, type VectorDatabase } from 'anyvec';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { contactSheet } from './contact-sheet.ts';
import { classes, type Picture, readPictures } from './pictures.ts';
import { accuracy, addPictures, lookalikes, type Pictures } from './search.ts';

const sample = fileURLToPath(new URL('sample', import.meta.url));
let db: VectorDatabase;
let pictures: Picture[];
let asked: Picture[];
let store: Pictures;

beforeAll(async () => {
  [pictures, asked] = await Promise.all([readPictures(sample, 'train'), readPictures(sample, 't10k')]);
  db = await connect('native:');
  store = await addPictures(db, pictures);
}, 60_000);
afterAll(() => db.close());

it('the sample has 20 pictures of each class to search in, and 3 to ask about', () => {
  const counts = (some: Picture[]) =>
    classes.map((className) => some.filter((picture) => picture.className === className).length);
  expect(counts(pictures)).toEqual(Array(10).fill(20));
  expect(counts(asked)).toEqual(Array(10).fill(3));
});

it('what is found is what comparing all pixels finds, and two thirds of the classes are right by 200 pictures', async () => {
  const answers = await lookalikes(store, asked, 5);
  for (const { asked: picture, found } of answers) {
    const distances = pictures.map(({ pixels }) => distanceBetween(pixels, picture.pixels));
    expect(found.map(({ distance }) => distance)).toEqual(
      distances
        .sort((a, b) => a - b)
        .slice(0, 5)
        .map((distance) => expect.closeTo(distance, 2)),
    );
  }
  expect(accuracy(answers).all).toBeGreaterThan(0.66);
});

it('a picture of the collection is most like itself', async () => {
  const answers = await lookalikes(store, pictures.slice(0, 20), 1);
  expect(answers.map(({ found }) => found[0]?.id)).toEqual(Array.from({ length: 20 }, (_, i) => String(i)));
  expect(accuracy(answers).all).toBe(1);
});

it('a filter looks among one class only', async () => {
  const found = await store.search(Float32Array.from(asked[0]!.pixels), { k: 30, filter: { className: 'bag' } });
  expect(found.map(({ payload }) => payload.className)).toEqual(Array(20).fill('bag'));
});

it('the contact sheet has every picture asked about and found, and marks those of another class', async () => {
  const answers = await lookalikes(store, asked, 5);
  const sheet = contactSheet(answers, pictures);
  expect(sheet.match(/<img src="data:image\/bmp;base64,/g)).toHaveLength(asked.length * 6);
  const wrong = answers.flatMap(({ asked: { className }, found }) =>
    found.filter(({ payload }) => payload.className !== className),
  );
  expect(sheet.match(/<figure class="wrong">/g) ?? []).toHaveLength(wrong.length);
});

function distanceBetween(a: Uint8Array, b: Uint8Array): number {
  return Math.sqrt(a.reduce((sum, x, i) => sum + (x - b[i]!) ** 2, 0));
}
