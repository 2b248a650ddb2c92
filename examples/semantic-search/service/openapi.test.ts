import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect, it } from 'vitest';
import { testService } from './test-service.ts';

it('the OpenAPI document is valid, and says what the routes answer', { timeout: 60_000 }, async () => {
  const fields = { lang: 'keyword', year: 'number' } as const;
  await using service = await testService({ fields });
  const document = (await service.get('/openapi.json')).body;
  expect(document.openapi).toBe('3.1.0');
  const verdict = await new Validator().validate(structuredClone(document));
  expect(verdict.errors ?? []).toEqual([]);
  expect(verdict.valid).toBe(true);

  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(document, 'openapi');
  const checked = new Set<string>();
  const check = async (method: string, route: string, path: string, status: number, body?: unknown) => {
    const reply = body === undefined ? await service.get(path) : await service.send(method.toUpperCase(), path, body);
    expect(reply.status).toBe(status);
    const response = document.paths[route]?.[method]?.responses[status];
    expect(response, `${method} ${route} ${status}`).toBeDefined();
    const pointer = ['paths', route, method, 'responses', String(status), 'content', 'application/json', 'schema'];
    const escaped = pointer
      .map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1'))
      .map(encodeURIComponent)
      .join('/');
    const validate = ajv.getSchema(`openapi#/${escaped}`);
    expect(validate?.(reply.body), `${method} ${path}: ${JSON.stringify(validate?.errors)}`).toBe(true);
    checked.add(`${method} ${route}`);
  };
  const documents = [
    { id: 'a', title: 'A', text: 'retry a request', lang: 'en', year: 2020 },
    { id: 'b', text: 'bake bread', lang: 'de', nested: { x: [1, null] } },
  ];
  await check('post', '/documents', '/documents', 200, documents);
  await check('post', '/documents', '/documents', 400, { text: 1 });
  for (const mode of ['dense', 'bm25', 'hybrid']) await check('get', '/search', `/search?q=retry&mode=${mode}`, 200);
  await check('get', '/search', '/search?q=', 400);
  await check('get', '/documents/{id}', '/documents/b', 200);
  await check('get', '/documents/{id}', '/documents/zz', 404);
  await check('patch', '/documents/{id}', '/documents/b', 200, { set: { lang: 'fr' } });
  await check('get', '/fields', '/fields', 200);
  await check('get', '/map', '/map', 200);
  await check('get', '/stats', '/stats', 200);
  await check('get', '/healthz', '/healthz', 200);
  await check('delete', '/documents/{id}', '/documents/b', 200, {});
  const described = Object.entries(document.paths).flatMap(([route, methods]) =>
    Object.keys(methods as object).map((method) => `${method} ${route}`),
  );
  expect([...checked].sort()).toEqual(described.sort());
});
