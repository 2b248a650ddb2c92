import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { readError, readSearch } from './web/answers.js';
import {
  chosenRange,
  chosenValues,
  describe as inWords,
  toggleValue,
  withoutField,
  withRange,
} from './web/filter-model.js';
import { cameraOn, nearest, neighbour, toScreen, zoom } from './web/map-geometry.js';
import { valueAt, webAddress } from './web/payload.js';
import { pieces } from './web/snippet.js';
import { initialState, readState, sizes, writeState } from './web/state.js';
import { suggestionsOf } from './web/suggestions.js';
import { blocksOf } from './web/text-blocks.js';

describe('snippets', () => {
  const spans = fc.array(
    fc.tuple(fc.double({ min: -9, max: 60, noNaN: true }), fc.double({ min: -9, max: 60, noNaN: true })),
  );

  test('whatever the spans are, the pieces are the text, none is empty, and marked and plain ones alternate or touch', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), spans, (text, marks) => {
        const found = pieces(text, marks);
        expect(found.map((piece) => piece.text).join('')).toBe(text);
        for (const piece of found) expect(piece.text).not.toBe('');
        for (const [i, { marked }] of found.entries()) if (!marked) expect(found[i + 1]?.marked ?? true).toBe(true);
      }),
    );
  });

  test('what a span covers is marked, and nothing else', () => {
    const offsets = fc.array(fc.tuple(fc.nat(30), fc.nat(30)));
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 30 }), offsets, (text, marks) => {
        const marked = pieces(text, marks).flatMap((piece) =>
          Array.from({ length: piece.text.length }, () => piece.marked),
        );
        const expected = Array.from({ length: text.length }, (_, i) => marks.some(([from, to]) => from <= i && i < to));
        expect(marked).toEqual(expected);
      }),
    );
  });
});

describe('the address', () => {
  const filter = fc.dictionary(
    fc.string(),
    fc.oneof(fc.string(), fc.record({ $in: fc.array(fc.string(), { minLength: 1 }) })),
  );
  const state = fc.record({
    q: fc.string({ unit: 'grapheme' }),
    mode: fc.constantFrom('dense', 'bm25', 'hybrid'),
    filter: filter.map((members) => Object.fromEntries(Object.entries(members))),
    backend: fc.string(),
    k: fc.constantFrom(...sizes),
    doc: fc.string(),
    view: fc.constantFrom('results', 'map', 'speed'),
  } as const);

  test('gives back the state that was written into it', () => {
    fc.assert(
      fc.property(state, (written) => {
        expect(readState(writeState(written))).toEqual(written);
      }),
    );
    expect(writeState(initialState)).toBe('');
  });

  test('whatever is typed there, a state comes out', () => {
    fc.assert(
      fc.property(fc.string(), (typed) => {
        expect(Object.keys(readState(typed))).toEqual(Object.keys(initialState));
      }),
    );
    expect(readState('?filter=[1]&k=7&mode=magic&view=x')).toEqual(initialState);
  });
});

describe('filters', () => {
  test('ticking twice is not ticking, ranges come back as they were set, and other clauses stay as they are', () => {
    const before = { tags: { $all: ['a'] }, ['__proto__']: { $in: ['x'] } };
    Object.freeze(before);
    const ticked = toggleValue(toggleValue(before, 'lang', 'en'), 'lang', 'de');
    expect(chosenValues(ticked, 'lang')).toEqual(['en', 'de']);
    expect(toggleValue(toggleValue(ticked, 'lang', 'en'), 'lang', 'de')).toEqual(before);
    expect(chosenRange(withRange(ticked, 'year', { min: 1, max: 2 }), 'year')).toEqual({ min: 1, max: 2 });
    expect(withRange(withRange(ticked, 'year', { min: 1 }), 'year', {})).toEqual(ticked);
    const odd = Object.fromEntries([['__proto__', { $in: ['x'] }]]);
    expect(chosenValues(odd, '__proto__')).toEqual(['x']);
    expect(JSON.stringify(toggleValue(odd, '__proto__', 'y'))).toBe('{"__proto__":{"$in":["x","y"]}}');
    expect(withoutField(odd, '__proto__')).toEqual({});
    expect(chosenValues({}, 'constructor')).toEqual([]);
  });

  test('each clause has its words', () => {
    const filter = {
      topic: { $in: ['a', 'b'] },
      done: true,
      year: { $gte: 1, $lte: 2 },
      day: { $gte: '2020-01-02T00:00:00Z' },
      end: { $lte: '2020-01-02T23:59:59.999Z' },
      other: { $exists: true },
    };
    expect(inWords(filter).map(({ text }) => text)).toEqual([
      'topic: a or b',
      'done: yes',
      'year: 1 to 2',
      'day: from 2020-01-02',
      'end: up to 2020-01-02',
      'other {"$exists":true}',
    ]);
  });
});

describe('the map', () => {
  const coordinate = fc.double({ min: -1e3, max: 1e3, noNaN: true });
  const points = fc.array(fc.record({ x: coordinate, y: coordinate }), { minLength: 1, maxLength: 40 });

  test('every point is inside of the frame at first, whatever the points are', () => {
    fc.assert(
      fc.property(
        points,
        fc.integer({ min: 60, max: 900 }),
        fc.integer({ min: 60, max: 900 }),
        (all, width, height) => {
          const camera = cameraOn(all, width, height, 20);
          for (const point of all) {
            const { x, y } = toScreen(camera, point);
            expect(x).toBeGreaterThan(19);
            expect(x).toBeLessThan(width - 19);
            expect(y).toBeGreaterThan(19);
            expect(y).toBeLessThan(height - 19);
          }
        },
      ),
    );
  });

  test('zooming leaves what is under the pointer where it is, and finds it again', () => {
    fc.assert(
      fc.property(points, fc.nat(), fc.double({ min: 0.2, max: 5, noNaN: true }), (all, chosen, factor) => {
        const at = chosen % all.length;
        const camera = cameraOn(all, 400, 300, 20);
        const place = toScreen(camera, all[at]!);
        const closer = zoom(camera, factor, place);
        const moved = toScreen(closer, all[at]!);
        expect(Math.hypot(moved.x - place.x, moved.y - place.y)).toBeLessThan(1e-6 * (1 + camera.scale));
        const found = all[nearest(all, closer, place, 5)]!;
        expect(Math.hypot(found.x - all[at]!.x, found.y - all[at]!.y) * closer.scale).toBeLessThan(5);
      }),
    );
  });

  test('an arrow key goes its way, and back again from the nearest', () => {
    const cross = [{ x: 0, y: 0 }, { x: 1, y: 0 }, { x: 3, y: 0 }, { x: 0, y: 2 }, { x: -1, y: -0.5 }]; // biome-ignore format: a picture
    expect(neighbour(cross, 0, { x: 1, y: 0 })).toBe(1);
    expect(neighbour(cross, 1, { x: 1, y: 0 })).toBe(2);
    expect(neighbour(cross, 2, { x: 1, y: 0 })).toBe(-1);
    expect(neighbour(cross, 0, { x: 0, y: 1 })).toBe(3);
    expect(neighbour(cross, 0, { x: -1, y: 0 })).toBe(4);
    expect(neighbour(cross, -1, { x: 1, y: 0 })).toBe(0);
    expect(neighbour([], -1, { x: 1, y: 0 })).toBe(-1);
  });
});

describe('answers', () => {
  const hit = {
    id: 'a#0',
    documentId: 'a',
    score: 1,
    title: 't',
    snippet: { text: 's', highlights: [[0, 1]] },
    payload: {},
  };
  const answer = {
    ...{ query: 'q', mode: 'dense', backend: 'b', variant: 'v', hits: [hit] },
    timings: { embedMs: 1, searchMs: 2, totalMs: 3 },
  };

  test('of another shape are refused with the place at fault', () => {
    expect(readSearch(answer).hits).toEqual([hit]);
    const broken = { ...answer, hits: [hit, { ...hit, snippet: { text: 7 } }] };
    expect(() => readSearch(broken)).toThrow('hits[1].snippet.text is not a text');
    expect(() => readSearch([])).toThrow('answer is not an object');
  });

  test('that are errors keep code, message and pause, and make do with less', () => {
    const told = readError(429, { error: { code: 'RateLimited', message: 'slow down' } }, '7');
    expect(told).toMatchObject({ code: 'RateLimited', message: 'slow down', retryAfterS: 7 });
    expect(readError(502, undefined, 'Wed, 21 Oct 2026 07:28:00 GMT')).toMatchObject({
      code: 'HTTP 502',
      retryAfterS: undefined,
    });
  });
});

test('paths find values as the filter language does; only addresses of the web become links', () => {
  const payload = { a: { b: 1 }, 'a.b': 2, 'x y': { '"': 3 }, tags: [1] };
  expect(valueAt(payload, 'x y."\\""')).toBe(3);
  expect(valueAt({ a: { b: 1 } }, 'a.b')).toBe(1);
  expect(valueAt(payload, '"a.b"')).toBe(2);
  expect(valueAt(payload, 'a.toString')).toBeUndefined();
  expect(webAddress('https://example.org/a?b')).toBe('https://example.org/a?b');
  for (const text of ['javascript:alert(1)', 'data:text/html,x', ' https://a', 'https://a b', 'HTTPS//x', 'http://']) {
    expect(webAddress(text)).toBeUndefined();
  }
});

test('suggestions are phrases from all over the collection, or the titles that there are', () => {
  const titles = Array.from({ length: 90 }, (_, i) => `Guide › How to do thing ${i}`);
  expect(suggestionsOf(['api()', ...titles, 'x › y'])).toEqual([0, 18, 36, 54, 72].map((i) => `How to do thing ${i}`));
  expect(suggestionsOf(['Bread', 'Bread', 'Tea', 'a'.repeat(99), ''])).toEqual(['Bread', 'Tea']);
  expect(suggestionsOf([])).toEqual([]);
});

test('fenced code is told from prose, and an open fence hides nothing', () => {
  const text = 'Run it:\n\n```js\nconst a = `x`;\n\n  b();\n```\nThen\n~~~\n``` here\n~~~\n';
  expect(blocksOf(text)).toEqual([
    { code: false, text: 'Run it:' },
    { code: true, text: 'const a = `x`;\n\n  b();' },
    { code: false, text: 'Then' },
    { code: true, text: '``` here' },
  ]);
  expect(blocksOf('```js\nnever closed')).toEqual([{ code: false, text: '```js\nnever closed' }]);
  expect(blocksOf('')).toEqual([]);
});
