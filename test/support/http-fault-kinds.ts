import type { Fault } from './fault-proxy.ts';

/** What a fault may need to know. */
export interface FaultContext {
  readonly apiKey: string;
  /** An error in the vendor's form. */
  errorBody(status: number, message: string): string;
  /** What a record in an answer must not lack. */
  readonly parts: readonly string[];
  /** Somewhere else. */
  strayUrl(): string;
}

/** What a network and what stands in it can do to a request. */
export function httpFaults({ apiKey, errorBody, parts, strayUrl }: FaultContext): { [name: string]: () => Fault } {
  const status = (code: number, headers = {}, message = 'no'): Fault => ({
    kind: 'status',
    status: code,
    headers,
    body: errorBody(code, message),
  });
  const html = { 'content-type': 'text/html' };
  return {
    'a reset before the request arrives': () => ({ kind: 'resetBefore' }),
    'a reset after the request took effect': () => ({ kind: 'resetAfter' }),
    'half an answer': () => ({ kind: 'halfBody' }),
    'truncated JSON': () => ({ kind: 'truncatedJson' }),
    'another content type': () => ({ kind: 'wrongType' }),
    'JSON without a result': () => ({ kind: 'wrongJson', body: { status: 'ok' } }),
    'JSON of another kind': () => ({ kind: 'wrongJson', body: [1, 2] }),
    'a result of another kind': () => ({ kind: 'wrongJson', body: { result: 'fine', status: 'ok' } }),
    'an item less': () => ({ kind: 'edit', edit: lessOne }),
    ...Object.fromEntries(
      parts.map((part) => [`records without ${part}`, (): Fault => ({ kind: 'edit', edit: without(part) })]),
    ),
    '400': () => status(400),
    '401': () => status(401, {}, `Invalid API key ${apiKey}`),
    '401 in plain text': () => ({
      kind: 'status',
      status: 401,
      headers: { 'content-type': 'text/plain' },
      body: `Invalid API key ${apiKey}`,
    }),
    '403': () => status(403),
    '408': () => status(408),
    '429': () => status(429),
    '429 with Retry-After in seconds': () => status(429, { 'retry-after': '1' }),
    '429 with Retry-After as a date': () => status(429, { 'retry-after': new Date(Date.now() + 1_000).toUTCString() }),
    '429 with an absurd Retry-After': () => status(429, { 'retry-after': '999999999' }),
    '500': () => status(500),
    '500 after the request took effect': () => ({ kind: 'statusAfter', status: 500 }),
    '502 in HTML': () => ({ kind: 'status', status: 502, headers: html, body: '<html>Bad gateway</html>' }),
    '503': () => status(503, { 'retry-after': '0' }),
    '504 after the request took effect': () => ({ kind: 'statusAfter', status: 504 }),
    'a redirect to another origin, 307': () => ({ kind: 'redirect', status: 307, to: strayUrl() }),
    'a redirect to another origin, 302': () => ({ kind: 'redirect', status: 302, to: strayUrl() }),
  };
}

/** The last of each list of objects and of each map left out, and numbers that count one less. */
function lessOne(json: unknown): unknown {
  if (Array.isArray(json)) return json.slice(0, -1).map(lessOne);
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => {
      if (/count/i.test(key) && typeof value === 'number') return [key, value - 1];
      if (/^(vectors|values|vector)$/.test(key) && isVectorLike(value)) return [key, value];
      if (key === 'vectors' && typeof value === 'object' && value !== null && !Array.isArray(value))
        return [key, Object.fromEntries(Object.entries(value).slice(0, -1))];
      return [key, lessOne(value)];
    }),
  );
}

function isVectorLike(value: unknown): boolean {
  return Array.isArray(value) && value.every((x) => typeof x === 'number');
}

/** Every object without that member. */
function without(part: string): (json: unknown) => unknown {
  const edit = (json: unknown): unknown => {
    if (Array.isArray(json)) return json.map(edit);
    if (typeof json !== 'object' || json === null) return json;
    return Object.fromEntries(
      Object.entries(json).flatMap(([key, value]) => (key === part ? [] : [[key, edit(value)] as const])),
    );
  };
  return edit;
}
