import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningServer, serve } from '../src/server/index.ts';

/*
 * What a real Qdrant 1.18.3 answered, asked again of the Qdrant dialect: the same requests in the same order. Statuses are equal, results are
 * equal (ids, order, numbers to 1e-6), and errors have the same shape. Points with equal scores come in any order, there as here.
 */

interface Exchange {
  readonly line: number;
  readonly scenario: string;
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly status: number;
  readonly response: { readonly result?: unknown; readonly status?: unknown };
}

/** Exchanges that are not replayed, by line of the recording, with the reason. */
const notReplayed: { readonly [line: number]: string } = {
  38: 'the body was not recorded: an upsert of the id 2^64 - 1, which JavaScript cannot read from JSON',
  39: 'the body was not recorded: an upsert of a negative or larger id that JavaScript cannot read from JSON',
  40: 'its answer holds the id of line 38',
  51: 'the body was not recorded: it was not JSON',
  52: 'the body was not recorded: it was not JSON',
};

/** Members of answers that say how busy the server was at that moment. */
const momentary = new Set(['update_queue']);

const recording = new URL('./recordings/qdrant-1.18.3.jsonl', import.meta.url);
const exchanges = readFileSync(recording, 'utf8')
  .trimEnd()
  .split('\n')
  .map((text, at): Exchange => ({ ...(JSON.parse(text) as Omit<Exchange, 'line'>), line: at + 1 }))
  .filter((exchange) => exchange.path !== undefined);

const scenarios = [...new Set(exchanges.map((exchange) => exchange.scenario))];

describe('the Qdrant dialect answers as Qdrant 1.18.3 did', () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await serve({ dialect: 'qdrant' });
  });
  afterAll(() => server.close());

  test('all 1,026 exchanges are replayed but those named here', () => {
    expect(exchanges).toHaveLength(1_026);
    expect(Object.keys(notReplayed)).toHaveLength(5);
  });

  // One scenario builds on the collections of those before it, so they run in the order of the recording.
  test.each(scenarios)('%s', async (scenario) => {
    const differences: string[] = [];
    for (const exchange of exchanges.filter((one) => one.scenario === scenario)) {
      if (notReplayed[exchange.line] !== undefined) continue;
      const { line, method, path, body } = exchange;
      const response = await fetch(server.url + path, {
        method,
        ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      const difference = compare(exchange, response.status, await response.json());
      if (difference !== undefined)
        differences.push(`line ${line}, ${method} ${path} ${JSON.stringify(body)?.slice(0, 200) ?? ''}: ${difference}`);
    }
    expect(differences).toEqual([]);
  });
});

/** How an answer differs from the recorded one; undefined where it does not. */
function compare(exchange: Exchange, status: number, answer: unknown): string | undefined {
  const { response, scenario } = exchange;
  if (status !== exchange.status)
    return `status ${status} instead of ${exchange.status}: ${JSON.stringify(answer).slice(0, 300)}`;
  if (typeof answer !== 'object' || answer === null) return 'no JSON object';
  const { time: _, ...body } = answer as Record<string, unknown>;
  if (status >= 400) return differenceOf(shapeOf(response), shapeOf(body), '');
  const shown = scenario.startsWith('filters:') && exchange.path.includes('/scroll') ? shortened(body) : body;
  return differenceOf(withoutTies(response, exchange.body), withoutTies(shown, exchange.body), '');
}

/** The names and types of an error's members. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, shapeOf(member)]));
}

/** The form in which the recording keeps the answers of its filter scenarios. */
function shortened(body: Record<string, unknown>): unknown {
  const { points, next_page_offset } = body.result as { points: { id: unknown }[]; next_page_offset: unknown };
  return { ...body, result: { ids: points.map((point) => point.id), next_page_offset } };
}

/** Puts hits of equal rank into one order; at the edge of a page, where only some of them are shown, which ones is left open. */
function withoutTies(value: unknown, request: unknown): unknown {
  if (Array.isArray(value)) {
    const { searches } = (request ?? {}) as { searches?: readonly unknown[] };
    const members = value.map((member, at) => withoutTies(member, searches?.[at] ?? request));
    return members.every(isHit) ? sortedTies(members, request) : members;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutTies(member, request)]));
}

interface Hit {
  readonly id: number | string;
  readonly score?: number;
  readonly order_value?: number;
}

function isHit(value: unknown): value is Hit {
  return typeof value === 'object' && value !== null && 'id' in value && ('score' in value || 'order_value' in value);
}

function rankOf(hit: Hit): number {
  return hit.order_value ?? hit.score ?? 0;
}

function sortedTies(hits: readonly Hit[], request: unknown): unknown[] {
  const { offset = 0, limit = 10 } = (request ?? {}) as { offset?: number; limit?: number };
  const runs: Hit[][] = [];
  for (const hit of hits) {
    const run = runs.at(-1);
    if (run !== undefined && Math.abs(rankOf(run[0]!) - rankOf(hit)) <= 1e-6) run.push(hit);
    else runs.push([hit]);
  }
  return runs.flatMap((run, at): unknown[] => {
    const cut = (at === 0 && offset > 0) || (at === runs.length - 1 && hits.length === limit);
    if (cut) return run.map(({ score, order_value }) => ({ score, order_value }));
    return run.toSorted((a, b) => (String(a.id) < String(b.id) ? -1 : 1));
  });
}

function differenceOf(wanted: unknown, got: unknown, at: string): string | undefined {
  if (typeof wanted === 'number' && typeof got === 'number')
    return Math.abs(wanted - got) <= 1e-6 * Math.max(1, Math.abs(wanted)) ? undefined : said(at, wanted, got);
  if (
    typeof wanted !== 'object' ||
    wanted === null ||
    typeof got !== 'object' ||
    got === null ||
    Array.isArray(wanted) !== Array.isArray(got)
  ) {
    return wanted === got ? undefined : said(at, wanted, got);
  }
  const left = wanted as Record<string, unknown>;
  const right = got as Record<string, unknown>;
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    if (momentary.has(key)) continue;
    const difference =
      Object.hasOwn(left, key) === Object.hasOwn(right, key)
        ? differenceOf(left[key], right[key], `${at}.${key}`)
        : said(`${at}.${key}`, left[key], right[key]);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function said(at: string, wanted: unknown, got: unknown): string {
  return `${at || 'answer'} is ${JSON.stringify(got)?.slice(0, 300)} instead of ${JSON.stringify(wanted)?.slice(0, 300)}`;
}
