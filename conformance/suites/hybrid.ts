import { tokenize } from '../../src/filter/tokenize.ts';
import type { VectorStore } from '../../src/store.ts';
import type { Fusion, HybridMatch } from '../../src/types.ts';
import { deepEqual, equal, near, ok, rejects, sameMembers } from '../assertions.ts';
import { defineSuite } from '../case.ts';
import type { Context } from '../context.ts';
import { hostileStrings } from '../corpus.ts';
import { filled } from '../fixtures.ts';
import { everything, idsOf, malformed, vectorFor } from '../reads.ts';

const texts = {
  cat: { x: 'A cat sat on the mat', lang: 'en' },
  cats: { x: 'Two cats and a cat', lang: 'en' },
  dog: { x: 'The dog barks', lang: 'en' },
  katze: { x: 'Die Katze und der cat', lang: 'de' },
  none: { lang: 'en' },
};

function store(t: Context) {
  return filled(t, 'hybrid texts', texts, { x: 'text', lang: 'keyword' });
}

/** Sixty records of words that no language has, all five words long, and what of it each holds. */
const words = ['brillig', 'tove', 'gyre', 'wabe', 'mimsy', 'rath', 'snark', 'jubjub'];
const crowd = Object.fromEntries(
  Array.from({ length: 60 }, (_, i) => {
    const text = Array.from({ length: 5 }, (_, at) => words[(i * (at + 1) + (i >> 3) * at) % words.length]);
    return [`r${String(i).padStart(2, '0')}`, { x: text.join(' '), third: i % 3 }];
  }),
);

function crowdStore(t: Context) {
  return filled(t, 'hybrid crowd', crowd, { x: 'text', third: 'number' });
}

function holding(term: string, third?: number): string[] {
  const holds = ([, payload]: [string, { x: string; third: number }]) =>
    payload.x.split(' ').includes(term) && (third === undefined || payload.third === third);
  return Object.entries(crowd)
    .filter(holds)
    .map(([id]) => id);
}

const fusions: readonly Fusion[] = [
  { type: 'rrf' },
  { type: 'rrf', rankConstant: 2 },
  { type: 'weighted' },
  { type: 'weighted', vectorWeight: 0.3 },
];

/** The definition of fusion, on what the two rankings give. */
function fusedScores(fusion: Fusion, byVector: readonly Scored[], byText: readonly Scored[]): Map<string, number> {
  const fused = new Map<string, number>();
  const add = (ranking: readonly Scored[], weight: number) => {
    const [best, worst] = [ranking[0]!.score, ranking.at(-1)!.score];
    for (const [i, { id, score }] of ranking.entries()) {
      const share =
        fusion.type === 'rrf'
          ? 1 / ((fusion.rankConstant ?? 60) + i + 1)
          : weight * (best > worst ? (score - worst) / (best - worst) : 1);
      fused.set(id, (fused.get(id) ?? 0) + share);
    }
  };
  const vectorWeight = fusion.type === 'weighted' ? (fusion.vectorWeight ?? 0.5) : 1;
  add(byVector, vectorWeight);
  add(byText, 1 - vectorWeight);
  return fused;
}

interface Scored {
  readonly id: string;
  readonly score: number;
}

/** Membership, filters and fusion are promised, scores of texts are not: their weights differ by backend. */
export const hybridSuite = defineSuite('searchHybrid', ['upsert', 'searchHybrid', 'field keyword'], (it) => {
  it('by text alone it finds the records that hold a term, and no others', async (t) => {
    const matches = await (await store(t)).searchHybrid({ text: 'cat' }, { k: 10 });
    sameMembers(idsOf(matches), ['cat', 'cats', 'katze'], 'matches');
    for (const match of matches) {
      deepEqual(match.payload, texts[match.id as keyof typeof texts], `payload of ${match.id}`);
      deepEqual([match.score, match.distance], [match.textScore, 0 - match.score], `scores of ${match.id}`);
      ok(match.score > 0, `the score of ${match.id} is ${match.score}`);
    }
    const many = await (await crowdStore(t)).searchHybrid({ text: 'GYRE, snark!' }, { k: 60 });
    sameMembers(idsOf(many), new Set([...holding('gyre'), ...holding('snark')]), 'matches of two terms');
    checkOrder(many);
  });

  it('by text and vector it finds what either finds, each record once', async (t) => {
    const matches = await (await store(t)).searchHybrid({ text: 'dog', vector: vectorFor(0) }, { k: 10 });
    sameMembers(idsOf(matches), Object.keys(texts), 'matches');
    for (const match of matches)
      equal(match.textScore !== undefined, match.id === 'dog', `whether ${match.id} has a score by text`);
  });

  it('more of a term, a shorter text, a rarer term and a second term each rank higher', async (t) => {
    const collection = await filled(
      t,
      'ranks',
      {
        twice: { x: 'tove tove wabe' },
        once: { x: 'tove wabe wabe' },
        long: { x: 'tove wabe wabe wabe wabe wabe wabe wabe wabe wabe wabe wabe' },
        rare: { x: 'snark wabe wabe' },
        both: { x: 'tove snark wabe' },
      },
      { x: 'text' },
    );
    const ranked = async (text: string) => idsOf(await collection.searchHybrid({ text }, { k: 10 }));
    deepEqual(await ranked('tove'), ['twice', ...['both', 'once'], 'long'], 'by one term');
    const two = await ranked('tove snark');
    equal(two[0], 'both', 'the first by two terms');
    ok(two.indexOf('rare') < two.indexOf('once'), `the rarer term counts more: ${two}`);
    deepEqual(await ranked('snark tove'), two, 'the terms in another order');
  });

  for (const fusion of fusions) {
    it(`the fused ranking is what the two rankings give, by ${JSON.stringify(fusion)}`, async (t) => {
      const collection = await crowdStore(t);
      const [text, vector] = ['mimsy rath', vectorFor(7)];
      for (const candidates of [60, 12]) {
        const byText = await collection.searchHybrid({ text }, { k: candidates });
        const byVector = await collection.search(vector, { ...t.exactly, k: candidates });
        const expected = fusedScores(fusion, byVector, byText);
        const fused = await collection.searchHybrid({ text, vector }, { ...t.exactly, k: 10, candidates, fusion });
        const more = await collection.searchHybrid({ text, vector }, { ...t.exactly, k: 12, candidates, fusion });
        checkOrder(fused);
        deepEqual(idsOf(more).slice(0, 10), idsOf(fused), 'the first ten, asked for and of more');
        for (const match of fused) {
          near(match.score, expected.get(match.id) ?? Number.NaN, 1e-5, `score of ${match.id} of ${candidates}`);
          equal(match.textScore, byText.find(({ id }) => id === match.id)?.score, `textScore of ${match.id}`);
          const nearest = byVector.find(({ id }) => id === match.id);
          equal(match.vectorScore === undefined, nearest === undefined, `whether ${match.id} is near`);
          if (nearest !== undefined) near(match.vectorScore!, nearest.score, 1e-5, `vectorScore of ${match.id}`);
        }
        const kept = new Set(idsOf(fused));
        const last = fused.at(-1)!.score;
        for (const [id, score] of expected) ok(kept.has(id) || score <= last + 1e-5, `${id} of ${score} was left out`);
      }
    });
  }

  it('a filter holds for both halves, and k for the whole', ['option searchFilter'], async (t) => {
    const filtered = await (await store(t)).searchHybrid(
      { text: 'cat', vector: vectorFor(0) },
      { k: 10, filter: { lang: 'de' } },
    );
    deepEqual(idsOf(filtered), ['katze'], 'matches');
    const two = await (await store(t)).searchHybrid({ text: 'cat', vector: vectorFor(0) }, { k: 2 });
    equal(two.length, 2, 'matches with k = 2');
    const collection = await crowdStore(t);
    for (const third of [0, 1, 2]) {
      const options = { k: 60, filter: { third } };
      const byText = await collection.searchHybrid({ text: 'wabe' }, options);
      sameMembers(idsOf(byText), holding('wabe', third), `by text where third is ${third}`);
      const either = await collection.searchHybrid({ text: 'wabe', vector: vectorFor(3) }, options);
      sameMembers(
        idsOf(either),
        Object.keys(crowd).filter((id) => crowd[id]!.third === third),
        `by either where third is ${third}`,
      );
    }
    deepEqual(await collection.searchHybrid({ text: 'wabe' }, { filter: { third: 9 } }), [], 'where nothing matches');
    const unfiltered = await collection.searchHybrid({ text: 'wabe gyre' }, { k: 60 });
    for (const { id, score } of await collection.searchHybrid({ text: 'wabe gyre' }, { k: 60, filter: { third: 1 } }))
      near(score, unfiltered.find((match) => match.id === id)!.score, 1e-6, `score of ${id}, filtered or not`);
  });

  it('best first, and a text without a match gives []', async (t) => {
    checkOrder(await (await store(t)).searchHybrid({ text: 'cat dog' }, { k: 10 }));
    deepEqual(await (await store(t)).searchHybrid({ text: 'zebra' }), [], 'matches of zebra');
  });

  it('every text is found by its own words, however it is written, and by nobody else’s', async (t) => {
    const terms = hostileStrings.map((text) => new Set(tokenize(text)));
    const collection = await filled(
      t,
      'hostile texts',
      Object.fromEntries(hostileStrings.map((x, i) => [`string ${i}`, { x }])),
      { x: 'text' },
    );
    const check = async (text: string, i: number) => {
      const matches = await collection.searchHybrid({ text }, { k: hostileStrings.length });
      const sharing = [...terms.entries()].filter(([, others]) => [...terms[i]!].some((term) => others.has(term)));
      const expected = sharing.map(([j]) => `string ${j}`);
      sameMembers(idsOf(matches), expected, `matches of ${JSON.stringify(text)}`);
    };
    // A store may read everything for each of them: several at a time.
    for (let at = 0; at < hostileStrings.length; at += 8)
      await Promise.all(hostileStrings.slice(at, at + 8).map((text, i) => check(text, at + i)));
  });

  it('a text without a term finds nothing by text: the nearest alone, or []', async (t) => {
    const collection = await store(t);
    for (const text of ['', ' ', '?!', '…'])
      deepEqual(await collection.searchHybrid({ text }), [], `matches of ${JSON.stringify(text)}`);
    const nearest = await collection.searchHybrid({ text: '?!', vector: vectorFor(1) }, t.exactly);
    deepEqual(idsOf(nearest), idsOf(await collection.search(vectorFor(1), t.exactly)), 'with a vector');
  });

  it('what was replaced, patched or removed is found by what it is now', ['delete', 'setPayload'], async (t) => {
    const collection = await t.scratch({ fields: { x: 'text' } });
    const found = async (text: string) => idsOf(await collection.searchHybrid({ text }, { k: 10 })).sort();
    deepEqual(await found('snark'), [], 'in an empty collection');
    await collection.upsert(
      ['a', 'b', 'c', 'd'].map((id, i) => ({ id, vector: vectorFor(i), payload: { x: 'snark' } })),
    );
    deepEqual(await found('snark'), ['a', 'b', 'c', 'd'], 'written');
    await collection.upsert({ id: 'a', vector: vectorFor(0), payload: { x: 'jubjub' } });
    await collection.setPayload('b', { x: 'jubjub snark snark' });
    await collection.setPayload('c', { y: 'snark', x: null });
    await collection.delete('d');
    deepEqual(await found('snark'), ['b'], 'of the old word');
    deepEqual(await found('jubjub'), ['a', 'b'], 'of the new word');
    await collection.upsert({ id: 'd', vector: vectorFor(9), payload: { x: 'tove' } });
    deepEqual([await found('tove'), await found('snark jubjub')], [['d'], ['a', 'b']], 'written again');
  });

  it('arrays, nested fields and several fields are searched; a field that is not declared is not', async (t) => {
    const collection = await filled(
      t,
      'hybrid fields',
      {
        array: { title: ['tove', 'gyre wabe'] },
        nested: { page: { body: 'gyre' } },
        plain: { title: 'gyre' },
        other: { note: 'gyre' },
        empty: { title: [], page: { body: null } },
      },
      { title: 'text', 'page.body': 'text' },
    );
    const found = async (fields?: Record<string, number>) =>
      idsOf(await collection.searchHybrid({ text: 'gyre' }, { k: 10, ...(fields && { fields }) }));
    sameMembers(await found(), ['array', 'nested', 'plain'], 'in all fields');
    sameMembers(await found({ title: 1 }), ['array', 'plain'], 'in title');
    sameMembers(await found({ 'page.body': 0.5 }), ['nested'], 'in page.body');
    equal((await found({ title: 1, '"page".body': 1_000 }))[0], 'nested', 'the first, where page.body counts more');
    deepEqual((await found({ title: 1_000, 'page.body': 1 })).at(-1), 'nested', 'the last, where title counts more');
  });

  it('a namespace is searched by itself', ['namespaces'], async (t) => {
    const collection = await t.scratch({ fields: { x: 'text' } });
    const tenant = collection.namespace('tenant');
    await collection.upsert({ id: 'a', vector: vectorFor(0), payload: { x: 'snark' } });
    await tenant.upsert({ id: 'a', vector: vectorFor(1), payload: { x: 'snark tove' } });
    await tenant.upsert({ id: 'b', vector: vectorFor(2), payload: { x: 'snark' } });
    const found = async (store: VectorStore, text: string) =>
      (await store.searchHybrid({ text, vector: vectorFor(0) })).map(({ id, payload }) => [id, payload.x]);
    deepEqual(await found(collection, 'snark'), [['a', 'snark']], 'in the default namespace');
    sameMembers((await found(tenant, 'snark')).map(String), ['a,snark tove', 'b,snark'], 'in the other');
    deepEqual(await found(collection.namespace('empty'), 'snark'), [], 'in one that nobody wrote to');
    deepEqual(await collection.searchHybrid({ text: 'tove' }), [], 'a word that only another namespace has');
  });

  it('a record without a vector is found by its text', ['option nullVector'], async (t) => {
    const collection = await t.scratch({ fields: { x: 'text' } });
    await collection.upsert([
      { id: 'bare', vector: null, payload: { x: 'snark' } },
      { id: 'whole', vector: vectorFor(0), payload: { x: 'tove' } },
    ]);
    const query = { text: 'snark', vector: vectorFor(0) };
    const matches = await collection.searchHybrid(query, { include: everything });
    deepEqual(idsOf(matches), ['bare', 'whole'], 'matches: one first in each ranking');
    equal(matches[0]!.vector, null, 'vector');
  });

  it('include chooses payload and vector; by default payload and no vector', async (t) => {
    const collection = await crowdStore(t);
    const keys = async (include?: { payload?: boolean; vector?: boolean }) =>
      Object.keys((await collection.searchHybrid({ text: 'tove' }, { k: 1, ...(include && { include }) }))[0]!).sort();
    const scores = ['distance', 'id', 'score', 'textScore'];
    deepEqual(await keys(), [...scores, 'payload'].sort(), 'by default');
    deepEqual(await keys({ payload: false }), scores, 'without payload');
    deepEqual(await keys({ payload: false, vector: true }), [...scores, 'vector'].sort(), 'with vector');
  });

  it('a query that is none is refused', async (t) => {
    const collection = await store(t);
    for (const query of [
      undefined,
      null,
      'cat',
      {},
      { text: 7 },
      { text: null },
      { text: ['cat'] },
      { text: 'a\ud800' },
      { text: Array.from({ length: 1_025 }, (_, i) => `w${i}`).join(' ') },
      { text: 'cat', vector: [1] },
      { text: 'cat', vector: null },
      { text: 'cat', vector: [1, Number.NaN, 3] },
      { vector: vectorFor(0) },
      { text: 'cat', weight: 1 },
    ]) {
      await rejects('InvalidArgument', JSON.stringify(query)?.slice(0, 80) ?? 'undefined', () =>
        collection.searchHybrid(malformed(query)),
      );
    }
  });

  it('options that break a rule are refused', async (t) => {
    const collection = await store(t);
    for (const options of [
      { k: 0 },
      { k: 10_001 },
      { k: 20, candidates: 19 },
      { candidates: 10_001 },
      { candidates: 50.5 },
      { fusion: 'rrf' },
      { fusion: { type: 'sum' } },
      { fusion: { type: 'rrf', rankConstant: 0 } },
      { fusion: { type: 'rrf', vectorWeight: 0.5 } },
      { fusion: { type: 'weighted', rankConstant: 60 } },
      { fusion: { type: 'weighted', vectorWeight: 1.1 } },
      { fusion: { type: 'weighted', vectorWeight: Number.NaN } },
      { fusion: { type: 'weighted', weight: 1 } },
      { fields: {} },
      { fields: ['x'] },
      { fields: null },
      { fields: { lang: 1 } },
      { fields: { nowhere: 1 } },
      { fields: { x: 0 } },
      { fields: { x: -1 } },
      { fields: { x: Number.POSITIVE_INFINITY } },
      { fields: { x: '1' } },
      { fields: { x: 1, '"x"': 2 } },
      { fields: { 'x..y': 1 } },
      { filter: { lang: null } },
      { include: { score: true } },
      { minScore: 0.5 },
      { maxDistance: 0.5 },
    ]) {
      await rejects('InvalidArgument', JSON.stringify(options), () =>
        collection.searchHybrid({ text: 'cat', vector: vectorFor(0) }, malformed(options)),
      );
    }
  });

  it('a collection that declares no field of text is told so', async (t) => {
    const collection = await t.scratch({ fields: { lang: 'keyword' } });
    const error = await rejects('InvalidArgument', 'searchHybrid', () => collection.searchHybrid({ text: 'cat' }));
    ok(error.message.includes('text field'), `the message names what is missing: ${error.message}`);
  });

  it('a store that is opened again ranks as before', ['option persistence', 'delete'], async (t) => {
    const db = await t.connect();
    const name = t.uniqueName();
    const collection = t.visible(await db.createCollection(name, t.spec({ fields: { x: 'text' } })));
    await collection.upsert(Object.entries(crowd).map(([id, payload], i) => ({ id, vector: vectorFor(i), payload })));
    await collection.delete(['r03', 'r04']);
    const query = { text: 'jubjub tove', vector: vectorFor(5) };
    const before = await collection.searchHybrid(query, { ...t.exactly, k: 30 });
    await db.close();
    const second = await t.reopen();
    const again = await second.collection(name);
    deepEqual(await again.searchHybrid(query, { ...t.exactly, k: 30 }), before, 'the same search again');
    await second.dropCollection(name);
  });
});

/** Best first, ties by id, each record once. */
function checkOrder(matches: readonly HybridMatch[]): void {
  equal(new Set(idsOf(matches)).size, matches.length, 'distinct ids');
  for (const [i, match] of matches.entries()) {
    const before = matches[i - 1];
    if (before === undefined) continue;
    ok(match.score <= before.score, `rank ${i} scores ${match.score}, above the one before it`);
    ok(match.score < before.score || before.id < match.id, `${before.id} and ${match.id} are tied`);
  }
}
