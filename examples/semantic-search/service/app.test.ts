import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { redacted } from './catalogue.ts';
import type { ServiceConfigInput } from './config.ts';
import type { ServiceOptions } from './service.ts';
import { type TestService, testService } from './test-service.ts';

const open: TestService[] = [];
const start = async (config?: ServiceConfigInput, options?: ServiceOptions) => {
  const service = await testService(config, options);
  open.push(service);
  return service;
};
afterEach(async () => {
  for (const service of open.splice(0)) await service[Symbol.asyncDispose]();
});

const articles = [
  {
    id: 'retry',
    title: 'Retrying',
    text: 'How to retry a failed request with backoff.',
    lang: 'en',
    year: 2024,
    draft: false,
  },
  { id: 'brot', title: 'Brot', text: 'Brot backen ist eine Kunst.', lang: 'de', year: 2021, draft: true },
  { id: 'bread', title: 'Bread', text: 'Baking bread is an art.', lang: 'en', year: 2020, draft: false },
];
const fields = { lang: 'keyword', year: 'number', draft: 'boolean' } as const;
const secrets = { READER: 'reader-of-acme-0001', EDITOR: 'editor-of-acme-0001', OTHER: 'editor-of-else-0001' };
const keys: ServiceConfigInput['keys'] = [
  { env: 'READER', tenant: 'acme', role: 'read' },
  { env: 'EDITOR', tenant: 'acme', role: 'write', maxDocuments: 5 },
  { env: 'OTHER', tenant: 'else', role: 'write' },
];

const nested = (levels: number) => `${'{"$not":'.repeat(levels)}{}${'}'.repeat(levels)}`;

describe('GET /search', () => {
  it.each(['dense', 'bm25', 'hybrid'])('%s finds the document, with its snippet, payload and timings', async (mode) => {
    const { send, get } = await start({ fields });
    expect((await send('POST', '/documents', articles)).body).toEqual({
      upserted: 3,
      unchanged: 0,
      chunks: 3,
      failed: [],
    });
    const { status, body } = await get(`/search?q=retry+request&mode=${mode}&k=1`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      query: 'retry request',
      mode,
      backend: 'native',
      variant: 'default',
      model: 'hashing@1',
    });
    expect(body.hits).toHaveLength(1);
    const [hit] = body.hits;
    expect(hit).toMatchObject({ id: 'retry#0', documentId: 'retry', title: 'Retrying' });
    expect(hit.payload).toEqual({ lang: 'en', year: 2024, draft: false });
    const marked = hit.snippet.highlights.map(([from, to]: [number, number]) => hit.snippet.text.slice(from, to));
    expect(marked).toEqual(['retry', 'request']);
    const { embedMs, searchMs, totalMs } = body.timings;
    expect(totalMs).toBeCloseTo(embedMs + searchMs, 6);
  });

  it('filters as the store does', async () => {
    const { send, get } = await start({ fields });
    await send('POST', '/documents', articles);
    const filter = encodeURIComponent(JSON.stringify({ lang: 'en', year: { $lt: 2024 } }));
    const { body } = await get(`/search?q=bread&filter=${filter}`);
    expect(body.hits.map((hit: { documentId: string }) => hit.documentId)).toEqual(['bread']);
  });

  it('gives each document once, by its best chunk, and k documents where there are as many', async () => {
    const { send, get } = await start();
    const long = (word: string) =>
      Array.from({ length: 60 }, (_, i) => `The ${word} of page ${i} is a long story.`).join('\n\n');
    const documents = ['lion', 'tiger', 'bear'].map((id) => ({ id, text: long(id) }));
    expect((await send('POST', '/documents', documents)).body.chunks).toBeGreaterThan(6);
    for (const mode of ['dense', 'bm25', 'hybrid']) {
      const { body } = await get(`/search?q=story+of+the+lion&mode=${mode}&k=3`);
      const ids = body.hits.map((hit: { documentId: string }) => hit.documentId);
      expect([...ids].sort()).toEqual(['bear', 'lion', 'tiger']);
      expect(ids[0]).toBe('lion');
    }
  });

  it('exact: true asks for the exact answer', async () => {
    const { send, get } = await start();
    await send('POST', '/documents', articles);
    expect((await get('/search?q=bread&exact=true&mode=dense')).body.hits[0].documentId).toBe('bread');
  });

  it.each([
    ['no question', '/search'],
    ['an empty question', '/search?q=%20'],
    ['a question too long', `/search?q=${'x'.repeat(2_001)}`],
    ['k of 0', '/search?q=x&k=0'],
    ['k of 101', '/search?q=x&k=101'],
    ['k that is no number', '/search?q=x&k=many'],
    ['an unknown mode', '/search?q=x&mode=fuzzy'],
    ['an unknown backend', '/search?q=x&backend=constructor'],
    ['a filter that is no JSON', '/search?q=x&filter={'],
    ['a filter that is no object', '/search?q=x&filter=[1]'],
    ['an unknown operator', `/search?q=x&filter=${encodeURIComponent('{"a":{"$where":"1"}}')}`],
    ['an empty condition', `/search?q=x&filter=${encodeURIComponent('{"a":{}}')}`],
    ['a filter 40 levels deep', `/search?q=x&filter=${encodeURIComponent(nested(40))}`],
    [
      'a filter of 20,001 characters',
      `/search?q=x&filter=${encodeURIComponent(JSON.stringify({ a: 'x'.repeat(20_000) }))}`,
    ],
    ['exact that is no boolean', '/search?q=x&exact=1'],
  ])('refuses %s with 400 and says where', async (_, path) => {
    const { get } = await start();
    const { status, body } = await get(path);
    expect(status).toBe(400);
    expect(body).toEqual({ error: { code: 'InvalidArgument', message: expect.stringMatching(/\w/) } });
  });
});

describe('documents', () => {
  it('are written once, read back as they came, patched and deleted', async () => {
    const { send, get } = await start({ fields });
    await send('POST', '/documents', articles);
    expect((await send('POST', '/documents', articles)).body).toEqual({
      upserted: 0,
      unchanged: 3,
      chunks: 0,
      failed: [],
    });
    const text = `# Top\n\nIntro.\n\n${'A sentence about lions. '.repeat(200)}\r\n\tend  `;
    const odd = { id: 'a/b ?#%ü', title: 'Odd', text, nested: { list: [1, null, { x: [] }], odd: true } };
    expect((await send('POST', '/documents', odd)).body.upserted).toBe(1);
    const path = `/documents/${encodeURIComponent(odd.id)}`;
    const { id, title, chunks, ...read } = (await get(path)).body;
    expect({ id, title, ...read }).toEqual({ id: odd.id, title: 'Odd', text, payload: { nested: odd.nested } });
    expect(chunks.length).toBeGreaterThan(3);
    expect((await send('PATCH', path, { set: { lang: 'fr' }, unset: ['nested.list'] })).body).toEqual({
      patched: chunks.length,
    });
    expect((await get(path)).body.payload).toEqual({ nested: { odd: true }, lang: 'fr' });
    expect((await send('DELETE', path, {})).body).toEqual({ deleted: chunks.length });
    expect((await get(path)).status).toBe(404);
    expect((await send('DELETE', path, {})).status).toBe(404);
    expect((await send('PATCH', path, { set: { a: 1 } })).status).toBe(404);
  });

  it('a shorter version leaves no chunk of the longer one behind', async () => {
    const { send, service } = await start();
    await send('POST', '/documents', { id: 'x', text: 'Long text about lions. '.repeat(200) });
    await send('POST', '/documents', { id: 'x', text: 'Short.' });
    expect(await service.catalogue.shelves[0]!.root.count()).toBe(1);
  });

  it('come as JSON lines, too', async () => {
    const { service } = await start();
    const body = '{"id":"1","text":"one"}\r\n\n{"text":"two","n":2}\n';
    const headers = { 'content-type': 'application/x-ndjson; charset=utf-8' };
    const response = await service.app.request('/documents', { method: 'POST', headers, body });
    expect(await response.json()).toMatchObject({ upserted: 2 });
  });

  it.each([
    ['no text', [{ id: 'x' }], 'text'],
    ['a text that is no string', [{ text: 5 }], '0.text'],
    ['an id of 401 characters', { id: 'x'.repeat(401), text: 'x' }, 'id'],
    ['an id with NUL', { id: 'x\0', text: 'x' }, 'id'],
    ['an id with a lone surrogate', { id: '\ud800', text: 'x' }, 'id'],
    ["the service's own field", { text: 'x', _doc: {} }, '_doc'],
    ['a number', 5, 'body'],
  ])('with %s are refused, and nothing is written', async (_, body, place) => {
    const { send, service } = await start();
    const reply = await send('POST', '/documents', body);
    expect(reply.status).toBe(400);
    expect(reply.body.error.message).toContain(place);
    expect(await service.catalogue.shelves[0]!.root.count()).toBe(0);
  });

  it('keys like __proto__ are data', async () => {
    const { service, get } = await start();
    const body = '{"id":"p","text":"x","__proto__":{"admin":true},"constructor":{"prototype":1}}';
    const headers = { 'content-type': 'application/json' };
    expect((await service.app.request('/documents', { method: 'POST', headers, body })).status).toBe(200);
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
    expect((await get('/documents/p')).body.payload.constructor).toEqual({ prototype: 1 });
  });

  it('bodies beyond the limit are refused with 413, whether their length is announced or not', async () => {
    const { service } = await start({ limits: { bodyBytes: 2_000, documentsPerRequest: 3 } });
    const post = (body: string | ReadableStream) =>
      service.app.request('/documents', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        duplex: 'half',
      } as RequestInit);
    expect((await post(JSON.stringify({ text: 'x'.repeat(3_000) }))).status).toBe(413);
    const stream = new ReadableStream({
      pull(controller) {
        controller.enqueue(randomBytes(1_000));
      },
    });
    expect((await post(stream)).status).toBe(413);
    expect((await post(JSON.stringify(Array.from({ length: 4 }, () => ({ text: 'x' }))))).status).toBe(413);
  });

  it('need a content type that a form of another page cannot send', async () => {
    const { service } = await start();
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const init = { method: 'POST', headers: { 'content-type': type }, body: '{"text":"x"}' };
      expect((await service.app.request('/documents', init)).status).toBe(415);
    }
    const headers = { 'sec-fetch-site': 'cross-site' };
    expect((await service.app.request('/search?q=x', { headers })).status).toBe(403);
    // A name of somebody else's that was given the address of this machine.
    expect((await service.app.request('/search?q=x', { headers: { host: 'evil.example:8080' } })).status).toBe(403);
    expect((await service.app.request('/search?q=x', { headers: { host: '127.0.0.1:8080' } })).status).toBe(200);
  });
});

describe('keys', () => {
  it('nobody gets in without one, or with a wrong one, whichever way it is sent', async () => {
    const { get, service } = await start({ keys }, { env: secrets });
    for (const path of ['/search?q=x', '/documents/x', '/fields', '/map', '/stats']) {
      expect((await get(path)).status).toBe(401);
      expect((await get(path, 'wrong-key-of-length')).status).toBe(401);
      expect((await get(`${path}${path.includes('?') ? '&' : '?'}key=${secrets.READER}`)).status).toBe(401);
    }
    const { headers, body } = await get('/search?q=x');
    expect(headers.get('www-authenticate')).toBe('Bearer');
    expect(body.error.code).toBe('Unauthenticated');
    const basic = { headers: { authorization: `Basic ${secrets.READER}` } };
    expect((await service.app.request('/search?q=x', basic)).status).toBe(401);
    expect((await get('/healthz')).status).toBe(200);
  });

  it('a reader may not write', async () => {
    const { send, get } = await start({ keys }, { env: secrets });
    expect((await send('POST', '/documents', { id: 'x', text: 'x' }, secrets.EDITOR)).status).toBe(200);
    expect((await get('/documents/x', secrets.READER)).status).toBe(200);
    for (const [method, path] of [
      ['POST', '/documents'],
      ['PATCH', '/documents/x'],
      ['DELETE', '/documents/x'],
    ] as const) {
      const reply = await send(method, path, { text: 'y', set: { a: 1 } }, secrets.READER);
      expect(reply).toMatchObject({ status: 403, body: { error: { code: 'PermissionDenied' } } });
    }
    expect((await get('/documents/x', secrets.READER)).body.text).toBe('x');
  });

  it('tenants never see, count, change or delete what is not theirs, not even under the same id or by a filter', async () => {
    const { send, get } = await start({ keys, fields }, { env: secrets });
    await send('POST', '/documents', { id: 'same', text: 'secret of acme', lang: 'acme' }, secrets.EDITOR);
    await send('POST', '/documents', { id: 'same', text: 'secret of else', lang: 'else' }, secrets.OTHER);
    await send('POST', '/documents', { id: 'only', text: 'secret only acme has', lang: 'acme' }, secrets.EDITOR);
    const hostile = [
      '{}',
      '{"$or":[{},{"lang":"acme"}]}',
      '{"$not":{"lang":"else"}}',
      '{"_doc.id":{"$exists":true}}',
      '{"lang":{"$nin":[]}}',
    ];
    for (const filter of hostile) {
      for (const mode of ['dense', 'bm25', 'hybrid']) {
        const path = `/search?q=secret&mode=${mode}&filter=${encodeURIComponent(filter)}`;
        expect(JSON.stringify((await get(path, secrets.OTHER)).body)).not.toContain('acme');
      }
    }
    expect((await get('/documents/only', secrets.OTHER)).status).toBe(404);
    expect((await send('DELETE', '/documents/only', {}, secrets.OTHER)).status).toBe(404);
    expect((await send('PATCH', '/documents/only', { set: { a: 1 } }, secrets.OTHER)).status).toBe(404);
    expect((await send('DELETE', '/documents/same', {}, secrets.OTHER)).status).toBe(200);
    expect((await get('/documents/same', secrets.READER)).body.text).toBe('secret of acme');
    expect((await get('/stats', secrets.OTHER)).body.count).toBe(0);
    expect((await get('/stats', secrets.READER)).body.count).toBe(2);
    expect(JSON.stringify((await get('/fields', secrets.OTHER)).body)).not.toContain('acme');
    expect((await get('/map', secrets.OTHER)).body.points).toEqual([]);
  });

  it('a tenant has at most as many documents as its key allows; replacing one is no new one', async () => {
    const { send } = await start({ keys }, { env: secrets });
    const post = (ids: readonly string[], text: string) =>
      send(
        'POST',
        '/documents',
        ids.map((id) => ({ id, text })),
        secrets.EDITOR,
      );
    expect((await post(['1', '2', '3', '4'], 'a')).status).toBe(200);
    expect(await post(['5', '6'], 'a')).toMatchObject({ status: 403, body: { error: { code: 'QuotaExceeded' } } });
    expect((await post(['1', '5'], 'b')).status).toBe(200);
    expect((await post(['1', '2', '3', '4', '5'], 'c')).status).toBe(200);
    expect((await send('DELETE', '/documents/1', {}, secrets.EDITOR)).status).toBe(200);
    expect((await post(['6'], 'a')).status).toBe(200);
  });

  it('too many requests of one key are refused with 429 and the time to wait; others are not concerned', async () => {
    const limited: ServiceConfigInput['keys'] = [
      { env: 'READER', tenant: 'acme', role: 'read', requestsPerMinute: 3 },
      { env: 'OTHER', tenant: 'acme', role: 'read' },
    ];
    const { get } = await start({ keys: limited }, { env: secrets });
    for (let i = 0; i < 3; i++) expect((await get('/fields', secrets.READER)).status).toBe(200);
    const { status, headers, body } = await get('/fields', secrets.READER);
    expect(status).toBe(429);
    expect(body.error.code).toBe('RateLimited');
    expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(20);
    expect((await get('/fields', secrets.OTHER)).status).toBe(200);
  });

  it('a service whose keys are missing, short or equal does not start', async () => {
    for (const env of [{}, { ...secrets, READER: 'short' }, { ...secrets, READER: secrets.EDITOR }]) {
      await expect(testService({ keys }, { env })).rejects.toThrow(/READER|EDITOR/);
    }
  });
});

describe('what the page needs', () => {
  it('GET /fields tells types, values by count, and bounds', async () => {
    const { send, get } = await start({ fields });
    await send('POST', '/documents', articles);
    expect((await get('/fields')).body).toEqual({
      fields: [
        {
          name: 'draft',
          type: 'bool',
          values: [
            { value: false, count: 2 },
            { value: true, count: 1 },
          ],
        },
        {
          name: 'lang',
          type: 'keyword',
          values: [
            { value: 'en', count: 2 },
            { value: 'de', count: 1 },
          ],
        },
        { name: 'year', type: 'number', min: 2020, max: 2024 },
      ],
    });
  });

  it('GET /map places documents in a plane, grouped by the field that says most, and again after a change', async () => {
    const { send, get } = await start({ fields });
    await send('POST', '/documents', articles);
    const { body } = await get('/map?limit=2');
    expect(body.points).toHaveLength(2);
    const all = (await get('/map')).body;
    expect(all.groupField).toBe('lang');
    expect(all.points.map(({ id, group }: { id: string; group: string }) => [id, group]).sort()).toEqual([
      ['bread', 'en'],
      ['brot', 'de'],
      ['retry', 'en'],
    ]);
    // Three points lie in a plane.
    expect(all.explained[0] + all.explained[1]).toBeCloseTo(1, 5);
  });

  it('GET /stats counts documents and searches, and never shows a password of a backend', async () => {
    const { send, get } = await start();
    await send('POST', '/documents', articles);
    await get('/search?q=x&mode=dense');
    await get('/search?q=x&mode=bm25');
    const { body } = await get('/stats');
    expect(body).toMatchObject({
      default: 'native',
      count: 3,
      model: { name: 'hashing', version: '1', dimension: 256 },
    });
    expect(body.backends).toEqual([{ name: 'native', url: 'native:', provider: 'native', index: expect.any(String) }]);
    expect(body.latency.count).toBe(2);
    expect(body.latency.byMode.dense.count).toBe(1);
    expect(redacted('qdrant://me:secret@host:6333/x?apiKey=secret#secret')).toBe('qdrant://host:6333/x');
    expect(redacted({ provider: 'qdrant', apiKey: 'secret' })).toBe('qdrant:');
  });

  it('serves its own files and nothing else, under a policy without inline code', async () => {
    const { get } = await start({}, { page: fileURLToPath(new URL('../web/', import.meta.url)) });
    const page = await get('/');
    expect(page.status).toBe(200);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    const assets = [...String(page.body).matchAll(/(?:src|href)="(assets\/[^"]+)"/g)].map(([, path]) => `/${path}`);
    expect(assets.length).toBeGreaterThan(2);
    for (const path of assets) expect((await get(path)).status).toBe(200);
    for (const path of [
      '/assets/../service/main.ts',
      '/assets/..%2fservice%2fmain.ts',
      '/assets/tsconfig.json',
      '/assets/%00',
      '/assets/constructor',
      '/service/main.ts',
    ]) {
      expect((await get(path)).status).toBe(404);
    }
  });
});

it('GET /metrics has the searches by mode, variant and backend, and no tenant, question or id', async () => {
  const { send, get } = await start({ keys }, { env: secrets });
  await send('POST', '/documents', { id: 'very-private-id', text: 'x' }, secrets.EDITOR);
  await get('/search?q=very+private+question&mode=bm25', secrets.READER);
  await get('/documents/very-private-id', secrets.READER);
  const text: string = (await get('/metrics')).body;
  expect(text).toContain('search_duration_seconds_count{mode="bm25",variant="default",backend="native"} 1');
  expect(text).toMatch(/http_request_duration_seconds_count\{method="GET",route="\/documents\/:id",status="200"\} 1/);
  expect(text).toContain('documents_total{outcome="upserted"} 1');
  expect(text).toMatch(
    /anyvec_call_duration_seconds_count\{provider="native",collection="articles",operation="searchHybrid"\} \d/,
  );
  expect(text).toContain('stale_records 0');
  expect(text).not.toMatch(/private|acme/);
});

it('GET /healthz is 503 while a backend does not answer', async () => {
  const { get, service } = await start();
  expect((await get('/healthz')).body).toEqual({
    ok: true,
    backends: { native: { ok: true, latencyMs: expect.any(Number) } },
  });
  await service.catalogue.backends[0]!.db.close();
  const { status, body } = await get('/healthz');
  expect(status).toBe(503);
  expect(body.ok).toBe(false);
});

it('variants share the questions as configured, always the same one for a question, each labelled', async () => {
  const variants = [
    { name: 'a', share: 3 },
    { name: 'b', share: 1, params: { ef: 200 } },
  ];
  const { get, send } = await start({ variants });
  await send('POST', '/documents', articles);
  const chosen = new Map<string, string>();
  for (let i = 0; i < 200; i++)
    chosen.set(`question ${i}`, (await get(`/search?q=question+${i}&mode=bm25`)).body.variant);
  const share = [...chosen.values()].filter((variant) => variant === 'b').length / 200;
  expect(share).toBeGreaterThan(0.15);
  expect(share).toBeLessThan(0.35);
  for (const [question, variant] of [...chosen].slice(0, 10))
    expect((await get(`/search?q=${encodeURIComponent(question)}`)).body.variant).toBe(variant);
  expect((await get('/metrics')).body).toContain('variant="b"');
});
