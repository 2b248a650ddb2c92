/*
 * Finds pictures that look alike by their pixels alone: each picture is a vector of 784 grey values, compared by Euclidean distance. What a
 * model that sees (CLIP, say) would put in their place is a vector of meaning; everything else stays.
 */
import type { Match, VectorDatabase, VectorStore } from 'anyvec';
import { z } from 'zod';
import { classes, type Picture, side } from './pictures.ts';

const payload = z.object({ className: z.enum(classes) });

export type Pictures = VectorStore<z.infer<typeof payload>>;

/** A picture that was asked about, and what is most like it. */
export interface Answer {
  readonly asked: Picture;
  readonly found: readonly Match<z.infer<typeof payload>>[];
  /** The class that most of what was found has; of the nearest, where several have as many. */
  readonly guess: string;
}

/** The id of a picture is its number. */
export async function addPictures(db: VectorDatabase, pictures: readonly Picture[]): Promise<Pictures> {
  const store = await db.createCollection('pictures', {
    dimension: side * side,
    metric: 'euclidean',
    payload,
    fields: { className: 'keyword' },
  });
  await store.upsert(
    pictures.map(({ className, pixels }, i) => ({
      id: String(i),
      vector: Float32Array.from(pixels),
      payload: { className },
    })),
  );
  return store;
}

/** The `k` pictures most like each of those asked about. */
export async function lookalikes(store: Pictures, asked: readonly Picture[], k: number): Promise<Answer[]> {
  const vectors = asked.map(({ pixels }) => Float32Array.from(pixels));
  const found = await store.searchBatch(vectors, { k });
  return asked.map((picture, i) => ({ asked: picture, found: found[i] ?? [], guess: majority(found[i] ?? []) }));
}

function majority(found: Answer['found']): string {
  const votes = new Map<string, number>();
  for (const { payload } of found) votes.set(payload.className, (votes.get(payload.className) ?? 0) + 1);
  // The sort is stable, and the nearest came first.
  return [...votes].sort(([, a], [, b]) => b - a)[0]?.[0] ?? 'nothing';
}

/** The share of guesses that are right, for each class and for all. */
export function accuracy(answers: readonly Answer[]): {
  readonly all: number;
  readonly byClass: ReadonlyMap<string, number>;
} {
  const share = (some: readonly Answer[]) =>
    some.filter(({ asked, guess }) => asked.className === guess).length / some.length;
  const byClass = classes.flatMap((className) => {
    const own = answers.filter(({ asked }) => asked.className === className);
    return own.length === 0 ? [] : [[className, share(own)] as const];
  });
  return { all: share(answers), byClass: new Map(byClass) };
}
