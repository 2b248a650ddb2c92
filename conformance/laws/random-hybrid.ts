import fc from 'fast-check';
import { tokenize } from '../../src/filter/tokenize.ts';
import type { VectorStore } from '../../src/store.ts';
import { equal, near, ok, sameMembers } from '../assertions.ts';
import { defineSuite, type Need } from '../case.ts';
import type { Context } from '../context.ts';
import { idsOf, vectorFor } from '../reads.ts';
import { holdsFor } from './property.ts';

const needs: readonly Need[] = ['upsert', 'delete', 'setPayload', 'searchHybrid', 'option searchFilter', 'search'];

type Text = string | readonly string[] | null;
interface Held {
  x?: Text;
  g: number;
}

const words = ['tove', 'Gyre', 'gyre', 'WABE', 'naïve', 'nai\u0308ve', '日本', 'ﬁn', 'fin', '42', '--', '👍'];
const phrase = fc.array(fc.constantFrom(...words), { maxLength: 5 }).map((some) => some.join(' '));
const text = fc.oneof(phrase, phrase, fc.array(phrase, { maxLength: 2 }), fc.constant(null));
const id = fc.integer({ min: 0, max: 11 });
const step = fc.record({
  put: fc.uniqueArray(fc.record({ id, g: fc.nat(1), x: fc.option(text, { nil: undefined }) }), {
    selector: (record) => record.id,
    minLength: 1,
    maxLength: 8,
  }),
  patch: fc.array(fc.record({ at: id, x: text }), { minLength: 1, maxLength: 3 }),
  remove: id,
  questions: fc.array(fc.record({ text: phrase, near: id, g: fc.option(fc.nat(1), { nil: undefined }) }), {
    minLength: 2,
    maxLength: 3,
  }),
});

/** A store and what its texts are, kept in step. */
class Texts {
  readonly #store: VectorStore;
  readonly #held = new Map<string, Held>();

  constructor(store: VectorStore) {
    this.#store = store;
  }

  /** Gives the texts that went: nobody is to be found by them any more. */
  async write({ put, patch, remove }: Pick<Step, 'put' | 'patch' | 'remove'>): Promise<string[]> {
    const gone: Text[] = [];
    const records = put.map(({ id, g, x }) => ({
      id: `r${id}`,
      payload: { g, ...(x !== undefined && { x }) },
      at: id,
    }));
    await this.#store.upsert(records.map(({ id, payload, at }) => ({ id, vector: vectorFor(at), payload })));
    for (const { id, payload } of records) {
      gone.push(this.#held.get(id)?.x ?? null);
      this.#held.set(id, payload);
    }
    for (const { at, x } of patch) {
      const id = this.#present(at);
      await this.#store.setPayload(id, { x });
      gone.push(this.#held.get(id)!.x ?? null);
      this.#held.get(id)!.x = x;
    }
    const removed = this.#present(remove);
    await this.#store.delete(removed);
    gone.push(this.#held.get(removed)!.x ?? null);
    this.#held.delete(removed);
    return [...new Set(gone.flatMap((x) => x ?? []))].slice(0, 4);
  }

  /** One of those that are there. */
  #present(at: number): string {
    return [...this.#held.keys()][at % this.#held.size]!;
  }

  async check(t: Context, { text, near: nearest, g }: Step['questions'][number]): Promise<void> {
    const filter = g === undefined ? {} : { filter: { g } };
    const options = { ...filter, k: this.#held.size + 1, ...t.exactly };
    const what = JSON.stringify({ text, g });
    const byText = await this.#store.searchHybrid({ text }, options);
    const passing = [...this.#held].filter(([, held]) => g === undefined || held.g === g);
    const holding = passing.filter(([, { x }]) => sharesTerm(x, text)).map(([id]) => id);
    sameMembers(idsOf(byText), holding, `matches of ${what}`);
    const vector = vectorFor(nearest);
    const fused = await this.#store.searchHybrid({ text, vector }, options);
    const byVector = await this.#store.search(vector, options);
    sameMembers(idsOf(fused), idsOf(byVector), `matches of ${what} with a vector`);
    for (const [i, match] of fused.entries()) {
      const ranks = [idsOf(byVector).indexOf(match.id), idsOf(byText).indexOf(match.id)].filter((rank) => rank >= 0);
      const score = ranks.reduce((sum, rank) => sum + 1 / (61 + rank), 0);
      near(match.score, score, 1e-5, `score of ${match.id} for ${what}`);
      equal(match.textScore !== undefined, holding.includes(match.id), `whether ${match.id} has a score by text`);
      const before = fused[i - 1];
      ok(before === undefined || before.score >= match.score, `rank ${i} of ${what} is above the one before it`);
    }
  }
}

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function sharesTerm(x: Text | undefined, text: string): boolean {
  const held = new Set([x ?? []].flat().flatMap(tokenize));
  return tokenize(text).some((term) => held.has(term));
}

/** What is found by text is what the texts say now. */
export const randomHybridSuite = defineSuite('random hybrid searches', needs, (it) => {
  it('after any history of writes they find the texts that there are, in each namespace its own', async (t) => {
    const history = fc.array(fc.record({ elsewhere: fc.boolean(), step }), { minLength: 2, maxLength: 5 });
    await holdsFor(t, Math.ceil(t.budget.sequences / 20), history, async (steps) => {
      const store = await t.scratch({ fields: { x: 'text', g: 'number' } });
      const here = new Texts(store);
      const there = t.meets('namespaces') ? new Texts(store.namespace('elsewhere')) : here;
      for (const { elsewhere, step } of steps) {
        const gone = await (elsewhere ? there : here).write(step);
        const questions = [...step.questions, ...gone.map((text) => ({ text, near: 0, g: undefined }))];
        await Promise.all(questions.flatMap((question) => [here, there].map((texts) => texts.check(t, question))));
      }
      await t.giveBack();
    });
  });
});
