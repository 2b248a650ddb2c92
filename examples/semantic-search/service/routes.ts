/* The routes, as the OpenAPI document describes them. */
import { createRoute, z } from '@hono/zod-openapi';
import * as schemas from './schemas.ts';

const json = <S extends z.ZodType>(schema: S, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});
const error = (description: string) => json(schemas.errorAnswer, description);

const failures = {
  400: error('The request is wrong; the message says where'),
  401: error('No key, or one that is not known'),
  429: error('Too many requests; Retry-After has the seconds to wait'),
  500: error('A defect'),
  501: error('This backend cannot do it'),
  503: error('The store does not answer, or the model is not ready'),
};
const writeFailures = {
  ...failures,
  403: error('The key may not write, or its quota is used up'),
  409: error('In conflict with what is stored'),
  413: error('The body is too large'),
  415: error('The body is of another content type'),
};
const security = [{ key: [] }];

export const searchRoute = createRoute({
  method: 'get',
  path: '/search',
  summary: 'Documents that answer a question',
  security,
  request: { query: schemas.searchQuery },
  responses: { 200: json(schemas.searchAnswer, 'The best documents, best first'), ...failures },
});

export const putRoute = createRoute({
  method: 'post',
  path: '/documents',
  summary: 'Writes documents: one, an array, or JSON lines',
  security,
  request: {
    body: {
      content: {
        'application/json': { schema: schemas.documentsInput },
        'application/x-ndjson': { schema: z.string().openapi({ description: 'A document per line' }) },
      },
    },
  },
  responses: { 200: json(schemas.putAnswer, 'What became of them'), ...writeFailures },
});

export const getRoute = createRoute({
  method: 'get',
  path: '/documents/{id}',
  summary: 'A document with its text',
  security,
  request: { params: schemas.documentId },
  responses: {
    200: json(schemas.documentAnswer, 'The document'),
    ...failures,
    404: error('There is no such document'),
  },
});

export const patchRoute = createRoute({
  method: 'patch',
  path: '/documents/{id}',
  summary: 'Changes the payload of a document',
  security,
  request: {
    params: schemas.documentId,
    body: { required: true, content: { 'application/json': { schema: schemas.patchInput } } },
  },
  responses: {
    200: json(schemas.patchAnswer, 'How many chunks were changed'),
    ...writeFailures,
    404: error('There is no such document'),
  },
});

export const deleteRoute = createRoute({
  method: 'delete',
  path: '/documents/{id}',
  summary: 'Removes a document',
  security,
  request: { params: schemas.documentId },
  responses: {
    200: json(schemas.deleteAnswer, 'How many chunks were removed'),
    ...writeFailures,
    404: error('There is no such document'),
  },
});

export const fieldsRoute = createRoute({
  method: 'get',
  path: '/fields',
  summary: 'The fields of the documents, and their values: what one can filter by',
  security,
  responses: { 200: json(schemas.fieldsAnswer, 'The fields'), ...failures },
});

export const mapRoute = createRoute({
  method: 'get',
  path: '/map',
  summary: 'Documents in a plane, by the two principal components of their vectors',
  security,
  request: { query: schemas.mapQuery },
  responses: { 200: json(schemas.mapAnswer, 'The map'), ...failures },
});

export const statsRoute = createRoute({
  method: 'get',
  path: '/stats',
  summary: 'Backends, model, latency and recall',
  security,
  responses: { 200: json(schemas.statsAnswer, 'The figures'), ...failures },
});

export const healthRoute = createRoute({
  method: 'get',
  path: '/healthz',
  summary: 'Whether all backends answer',
  responses: { 200: json(schemas.healthAnswer, 'They do'), 503: json(schemas.healthAnswer, 'Some do not') },
});
