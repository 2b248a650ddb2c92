import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningServer, serve } from '../../index.ts';

/* What the recordings of the real server do not hold, by its documentation and source. */

let server: RunningServer;
beforeAll(async () => {
  server = await serve({ dialect: 'qdrant' });
});
afterAll(() => server.close());

async function ask(method: string, path: string, body?: unknown): Promise<{ status: number; text: string }> {
  const answer = await fetch(server.url + path, {
    method,
    ...(body !== undefined && {
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }),
  });
  return { status: answer.status, text: await answer.text() };
}

async function ok(method: string, path: string, body?: unknown): Promise<unknown> {
  const { status, text } = await ask(method, path, body);
  expect(text).toContain('"status":"ok"');
  expect(status).toBe(200);
  return (JSON.parse(text) as { result: unknown }).result;
}

interface Hits {
  readonly points: readonly { readonly id: number; readonly score: number; readonly payload?: unknown }[];
}

async function query(name: string, body: unknown): Promise<[number, number][]> {
  const { points } = (await ok('POST', `/collections/${name}/points/query`, body)) as Hits;
  return points.map(({ id, score }) => [id, score]);
}

let made = 0;
async function collection(settings: object, points: readonly object[]): Promise<string> {
  const name = `c${made++}`;
  await ok('PUT', `/collections/${name}`, settings);
  await ok('PUT', `/collections/${name}/points?wait=true`, { points });
  return name;
}

const line = { vectors: { size: 2, distance: 'Dot' } };
const onLine = [1, 2, 3, 4].map((id) => ({ id, vector: [id, 0], payload: { odd: id % 2 === 1, n: id } }));

describe('numbers', () => {
  test('vectors and scores are printed as the shortest decimals of their f32', async () => {
    const name = await collection(line, [{ id: 1, vector: [0.19, 0.81] }]);
    const { text } = await ask('POST', `/collections/${name}/points/query`, { query: [1, 0.1], with_vector: true });
    expect(text).toContain('"vector":[0.19,0.81]');
    expect(text).toContain('"score":0.271');
  });

  test('ids and payloads keep integers of 64 bits', async () => {
    const name = await collection(line, [{ id: 1, vector: [1, 1] }]);
    const id = '18446744073709551615';
    const payload = '{"n":9007199254740993}';
    await ok(
      'PUT',
      `/collections/${name}/points?wait=true`,
      `{"points":[{"id":${id},"vector":[2,2],"payload":${payload}}]}`,
    );
    expect((await ask('GET', `/collections/${name}/points/${id}`)).text).toContain(`"id":${id},"payload":${payload}`);
    const filter = (n: string) => `{"filter":{"must":[{"key":"n","match":{"value":${n}}}]}}`;
    const count = async (n: string) => ok('POST', `/collections/${name}/points/count`, filter(n));
    expect(await count('9007199254740993')).toEqual({ count: 1 });
    expect(await count('9007199254740992')).toEqual({ count: 0 });
    expect((await ask('POST', `/collections/${name}/points/scroll`, '{"limit":1}')).text).toContain(
      `"next_page_offset":${id}`,
    );
    expect((await ask('GET', `/collections/${name}/points/18446744073709551616`)).status).toBe(400);
  });
});

describe('queries', () => {
  test('recommend: by average, best score and sum of scores', async () => {
    const name = await collection(line, onLine);
    const recommend = (strategy: string, examples: object) =>
      query(name, { query: { recommend: { ...examples, strategy } }, limit: 2 });
    // 2 * 3 - 1 = 5, and the examples are not among the answers.
    expect(await recommend('average_vector', { positive: [3], negative: [1] })).toEqual([
      [4, 20],
      [2, 10],
    ]);
    expect(await recommend('sum_scores', { positive: [3], negative: [1] })).toEqual([
      [4, 8],
      [2, 4],
    ]);
    const [[id, score]] = (await recommend('best_score', { positive: [3], negative: [1] })) as [[number, number]];
    expect(id).toBe(4);
    // 0.5 * (1 + 12 / (1 + 12))
    expect(score).toBeCloseTo(0.5 * (1 + 12 / 13), 6);
    const negative = await recommend('best_score', { negative: [4] });
    expect(negative.every(([, value]) => value < 0)).toBe(true);
  });

  test('discover and context: the zone of the pairs counts before the target', async () => {
    const name = await collection(line, onLine);
    const context = [{ positive: [1, 0], negative: [0, 1] }];
    const [[first, score]] = (await query(name, { query: { discover: { target: [1, 0], context } }, limit: 1 })) as [
      [number, number],
    ];
    expect(first).toBe(4);
    expect(score).toBeCloseTo(1 + 0.5 * (1 + 4 / 5), 6);
    expect((await query(name, { query: { context } })).map(([, value]) => value)).toEqual([0, 0, 0, 0]);
  });

  test('prefetches see the filter of the query around them', async () => {
    const name = await collection(line, onLine);
    const body = {
      prefetch: { query: [1, 0], limit: 1 },
      query: [1, 0],
      filter: { must: { key: 'odd', match: { value: true } } },
    };
    expect(await query(name, body)).toEqual([[3, 3]]);
  });

  test('a formula, an order and a fusion over prefetches', async () => {
    const name = await collection(line, onLine);
    await ok('PUT', `/collections/${name}/index?wait=true`, { field_name: 'n', field_schema: 'integer' });
    const prefetch = { query: [1, 0], limit: 2 };
    expect(
      await query(name, { prefetch, query: { formula: { sum: ['$score', { neg: { mult: [2, 'n'] } }] } } }),
    ).toEqual([
      [3, -3],
      [4, -4],
    ]);
    expect(await query(name, { prefetch, query: { order_by: 'n' } })).toEqual([
      [3, 1],
      [4, 1],
    ]);
    expect(await query(name, { prefetch: [prefetch, prefetch], query: { fusion: 'rrf' } })).toEqual([
      [4, 1],
      [3, 0.6666667],
    ]);
  });

  test('several vectors under one name: the best match of each of the query’s, summed', async () => {
    const settings = { vectors: { size: 2, distance: 'Dot', multivector_config: { comparator: 'max_sim' } } };
    const name = await collection(settings, [
      { id: 1, vector: [[1, 0], [0, 1]] }, // biome-ignore format: short
      { id: 2, vector: [[3, 0]] },
    ]);
    expect(await query(name, { query: [[1, 0], [0, 2]] })).toEqual([[2, 3], [1, 3]]); // biome-ignore format: short
    expect(await query(name, { query: [0, 1] })).toEqual([
      [1, 1],
      [2, 0],
    ]);
  });

  test('vectors of another collection', async () => {
    const other = await collection({ vectors: { named: { size: 2, distance: 'Dot' } } }, [
      { id: 9, vector: { named: [0, 5] } },
    ]);
    const name = await collection(line, [...onLine, { id: 9, vector: [0, 1] }]);
    const lookup = { collection: other, vector: 'named' };
    expect(await query(name, { query: 9, lookup_from: lookup, limit: 1 })).toEqual([[9, 5]]);
    expect(
      (await ask('POST', `/collections/${name}/points/query`, { query: 9, lookup_from: { collection: 'no' } })).text,
    ).toContain('Collection no not found');
  });

  test('groups are filled beyond what a prefetch brings', async () => {
    const name = await collection(line, onLine);
    const body = { prefetch: { query: [1, 0], limit: 1 }, query: [1, 0], group_by: 'odd_text', group_size: 2 };
    await ok('POST', `/collections/${name}/points/payload?wait=true`, { payload: { odd_text: 'yes' }, points: [1, 3] });
    await ok('POST', `/collections/${name}/points/payload?wait=true`, { payload: { odd_text: 'no' }, points: [2, 4] });
    const { groups } = (await ok('POST', `/collections/${name}/points/query/groups`, body)) as {
      groups: { id: string; hits: { id: number }[] }[];
    };
    expect(groups.map(({ id, hits }) => [id, hits.map((hit) => hit.id)])).toEqual([
      ['no', [4, 2]],
      ['yes', [3, 1]],
    ]);
  });

  test.each([
    { prefetch: { limit: 3 } },
    { query: { fusion: 'rrf' } },
    { query: { formula: 1 } },
    { query: { fusion: 'rrf' }, using: 'a', prefetch: [{}] },
    { query: { sample: 'all' } },
    { score_threshold: 1 },
    { query: { recommend: { negative: [1] } } },
    { query: [1, 2, 3] },
  ])('%j is refused with 400', async (body) => {
    const name = await collection(line, onLine);
    expect((await ask('POST', `/collections/${name}/points/query`, body)).status).toBe(400);
  });
});

describe('updates', () => {
  test('update_filter and update_mode decide what an upsert changes', async () => {
    const name = await collection(line, onLine.slice(0, 2));
    const put = (id: number, condition: object) =>
      ok('PUT', `/collections/${name}/points?wait=true`, {
        points: [{ id, vector: [0, 0], payload: { new: true } }],
        ...condition,
      });
    const isNew = async () =>
      ok('POST', `/collections/${name}/points/count`, { filter: { must: { key: 'new', match: { value: true } } } });
    await put(1, { update_filter: { must: { key: 'n', range: { gt: 1 } } } });
    await put(1, { update_mode: 'insert_only' });
    await put(7, { update_mode: 'update_only' });
    expect(await isNew()).toEqual({ count: 0 });
    await put(1, { update_filter: { must: { key: 'n', range: { lt: 2 } } } });
    await put(7, { update_mode: 'insert_only' });
    await put(2, { update_mode: 'update_only' });
    expect(await isNew()).toEqual({ count: 3 });
  });

  test('a vector added to a collection, and taken away with what points had of it', async () => {
    const name = await collection({ vectors: { a: { size: 1, distance: 'Dot' } } }, [{ id: 1, vector: { a: [1] } }]);
    await ok('PUT', `/collections/${name}/vectors/b?wait=true`, { dense: { size: 2, distance: 'Dot' } });
    await ok('PUT', `/collections/${name}/points/vectors?wait=true`, { points: [{ id: 1, vector: { b: [1, 2] } }] });
    await ok('DELETE', `/collections/${name}/vectors/a?wait=true`);
    expect((await ask('GET', `/collections/${name}/points/1`)).text).toContain('"vector":{"b":[1,2]}');
    expect((await ask('POST', `/collections/${name}/points/query`, { query: [1], using: 'a' })).status).toBe(400);
  });
});

describe('strict mode', () => {
  const strict = (limits: object) => collection({ ...line, strict_mode_config: { enabled: true, ...limits } }, onLine);
  const filter = { must: [{ key: 'n', range: { gt: 1 } }] };

  test.each<[object, object, string]>([
    [{ max_query_limit: 2 }, { query: [1, 0], limit: 3 }, 'limit'],
    [{ unindexed_filtering_retrieve: false }, { query: [1, 0], filter }, 'Index required'],
    [{ search_allow_exact: false }, { query: [1, 0], params: { exact: true } }, 'Exact search disabled'],
    [{ filter_max_conditions: 0 }, { query: [1, 0], filter }, 'Filter condition limit'],
    [{ search_max_hnsw_ef: 5 }, { query: [1, 0], params: { hnsw_ef: 6 } }, 'hnsw_ef'],
  ])('%j refuses %j', async (limits, body, words) => {
    const name = await strict(limits);
    const answer = await ask('POST', `/collections/${name}/points/query`, body);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(words);
    await query(name, { query: [1, 0], limit: 1 });
  });

  test('an index makes its field free to filter by', async () => {
    const name = await strict({ unindexed_filtering_retrieve: false });
    await ok('PUT', `/collections/${name}/index?wait=true`, { field_name: 'n', field_schema: 'integer' });
    expect(await query(name, { query: [1, 0], filter, limit: 1 })).toEqual([[4, 4]]);
  });

  test('limits that are not kept are refused, not ignored', async () => {
    const config = { ...line, strict_mode_config: { enabled: true, read_rate_limit: 1 } };
    expect((await ask('PUT', '/collections/limited', config)).status).toBe(501);
  });
});

describe('what is not covered is 501', () => {
  test.each<[string, string, object]>([
    ['PUT', '/collections/x1', { vectors: { size: 2, distance: 'Dot', datatype: 'float16' } }],
    ['PUT', '/collections/x2', { ...line, sharding_method: 'custom' }],
    ['PUT', '/collections/x3', { ...line, init_from: { collection: 'y' } }],
  ])('%s %s %j', async (method, path, body) => {
    const answer = await ask(method, path, body);
    expect(answer.status).toBe(501);
    expect(answer.text).toContain('does not cover');
  });

  test('text indexes that need a language', async () => {
    const name = await collection(line, onLine);
    for (const settings of [
      { stemmer: { type: 'snowball', language: 'english' } },
      { stopwords: 'english' },
      { tokenizer: 'multilingual' },
    ])
      expect(
        (
          await ask('PUT', `/collections/${name}/index`, {
            field_name: 't',
            field_schema: { type: 'text', ...settings },
          })
        ).status,
      ).toBe(501);
  });
});
