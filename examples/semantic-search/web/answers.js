/** The service's answers, from JSON to the types of the contract. */
/** @import { Backend, DocumentAnswer, Field, Fields, Hit, Latency, MapAnswer, MapPoint, Mode, SearchAnswer, Span, Stats } from './contract.ts' */
import { ServiceError } from './service-error.js';
import { list, nothing, number, optional, record, text } from './shapes.js';

/** @type {readonly Mode[]} */
export const modes = ['dense', 'bm25', 'hybrid'];

/**
 * @param {unknown} json
 * @returns {SearchAnswer}
 */
export function readSearch(json) {
  const answer = record(json, 'answer');
  const timings = record(answer.timings, 'timings');
  const mode = text(answer.mode, 'mode');
  return {
    query: text(answer.query, 'query'),
    mode: modes.find((known) => known === mode) ?? 'dense',
    backend: text(answer.backend, 'backend'),
    variant: optional(answer.variant, text, 'variant', ''),
    fallback: optional(answer.fallback, text, 'fallback', ''),
    hits: list(answer.hits, 'hits', readHit),
    timings: {
      embedMs: optional(timings.embedMs, number, 'timings.embedMs', 0),
      searchMs: number(timings.searchMs, 'timings.searchMs'),
      totalMs: number(timings.totalMs, 'timings.totalMs'),
    },
  };
}

/**
 * @param {unknown} json
 * @param {string} where
 * @returns {Hit}
 */
function readHit(json, where) {
  const hit = record(json, where);
  const snippet = record(hit.snippet, `${where}.snippet`);
  const id = text(hit.id, `${where}.id`);
  return {
    id,
    documentId: optional(hit.documentId, text, `${where}.documentId`, id),
    title: optional(hit.title, text, `${where}.title`, '') || id,
    score: number(hit.score, `${where}.score`),
    snippet: {
      text: text(snippet.text, `${where}.snippet.text`),
      highlights: list(snippet.highlights ?? [], `${where}.snippet.highlights`, readSpan),
    },
    payload: optional(hit.payload, record, `${where}.payload`, nothing),
  };
}

/**
 * @param {unknown} json
 * @param {string} where
 * @returns {Span}
 */
function readSpan(json, where) {
  const [start, end] = list(json, where, number);
  return [number(start, where), number(end, where)];
}

/**
 * @param {unknown} json
 * @returns {Fields}
 */
export function readFields(json) {
  const answer = record(json, 'answer');
  const fields = list(answer.fields, 'fields', readField);
  return { fields: fields.filter((field) => field !== undefined), sampled: answer.sampled === true };
}

/**
 * @param {unknown} json
 * @param {string} where
 * @returns {Field | undefined} Undefined for a type that the page does not know.
 */
function readField(json, where) {
  const field = record(json, where);
  const type = fieldTypes.find((known) => known === field.type);
  if (type === undefined) return undefined;
  return {
    name: text(field.name, `${where}.name`),
    type,
    values: list(field.values ?? [], `${where}.values`, readValue),
    ...bound('min', field.min),
    ...bound('max', field.max),
  };
}

/** @type {readonly Field['type'][]} */
const fieldTypes = ['keyword', 'number', 'bool', 'datetime', 'text'];

/**
 * @param {'min' | 'max'} name
 * @param {unknown} value
 */
const bound = (name, value) => (typeof value === 'number' || typeof value === 'string' ? { [name]: value } : {});

/**
 * @param {unknown} json
 * @param {string} where
 */
function readValue(json, where) {
  const { value, count } = record(json, where);
  return {
    value: typeof value === 'boolean' ? value : text(value, `${where}.value`),
    count: number(count, `${where}.count`),
  };
}

/**
 * @param {unknown} json
 * @returns {MapAnswer}
 */
export function readMap(json) {
  const answer = record(json, 'answer');
  const [first = 0, second = 0] = list(answer.explained ?? [], 'explained', number);
  return {
    points: list(answer.points, 'points', readPoint),
    groupField: optional(answer.groupField, text, 'groupField', ''),
    explained: [first, second],
  };
}

/**
 * @param {unknown} json
 * @param {string} where
 * @returns {MapPoint}
 */
function readPoint(json, where) {
  const point = record(json, where);
  const id = text(point.id, `${where}.id`);
  return {
    id,
    documentId: optional(point.documentId, text, `${where}.documentId`, id),
    title: optional(point.title, text, `${where}.title`, '') || id,
    x: number(point.x, `${where}.x`),
    y: number(point.y, `${where}.y`),
    group: point.group === undefined || point.group === null ? '' : String(point.group),
  };
}

/**
 * @param {unknown} json
 * @returns {Stats}
 */
export function readStats(json) {
  const answer = record(json, 'answer');
  const model = optional(answer.model, record, 'model', nothing);
  const latency = optional(answer.latency, readLatency, 'latency', undefined);
  const byMode = optional(answer.latency, readModes, 'latency', []);
  const recall = optional(answer.recall, readRecall, 'recall', undefined);
  return {
    backends: list(answer.backends, 'backends', readBackend),
    defaultBackend: text(answer.default, 'default'),
    count: number(answer.count, 'count'),
    model: {
      name: optional(model.name, text, 'model.name', ''),
      version: optional(model.version, text, 'model.version', ''),
      dimension: optional(model.dimension, number, 'model.dimension', 0),
    },
    byMode,
    uptimeS: number(answer.uptimeS, 'uptimeS'),
    ...(latency !== undefined && latency.count > 0 && { latency }),
    ...(recall !== undefined && recall.sampled > 0 && { recall }),
  };
}

/**
 * @param {unknown} json
 * @param {string} where
 * @returns {Latency}
 */
function readLatency(json, where) {
  const latency = record(json, where);
  return {
    count: number(latency.count, `${where}.count`),
    // Before the first search there is nothing to take a percentile of.
    p50: optional(latency.p50, number, `${where}.p50`, 0),
    p95: optional(latency.p95, number, `${where}.p95`, 0),
    p99: optional(latency.p99, number, `${where}.p99`, 0),
  };
}

/**
 * @param {unknown} json
 * @param {string} where
 * @returns {{ mode: string, latency: Latency }[]}
 */
function readModes(json, where) {
  const byMode = optional(record(json, where).byMode, record, `${where}.byMode`, nothing);
  return Object.entries(byMode)
    .map(([mode, latency]) => ({ mode, latency: readLatency(latency, `${where}.byMode.${mode}`) }))
    .filter(({ latency }) => latency.count > 0);
}

/**
 * @param {unknown} json
 * @param {string} where
 */
function readRecall(json, where) {
  const { sampled, mean, k } = record(json, where);
  if (mean === null || mean === undefined) return undefined;
  return {
    sampled: number(sampled, `${where}.sampled`),
    mean: number(mean, `${where}.mean`),
    k: number(k, `${where}.k`),
  };
}

/**
 * @param {unknown} json
 * @param {string} where
 * @returns {Backend}
 */
function readBackend(json, where) {
  const backend = record(json, where);
  return {
    name: text(backend.name, `${where}.name`),
    url: optional(backend.url, text, `${where}.url`, ''),
    provider: optional(backend.provider, text, `${where}.provider`, ''),
    index: typeof backend.index === 'string' ? backend.index : indexType(backend.index),
  };
}

/** @param {unknown} index */
function indexType(index) {
  const { type } = optional(index, record, 'index', nothing);
  return typeof type === 'string' ? type : '';
}

/**
 * @param {unknown} json
 * @returns {DocumentAnswer}
 */
export function readDocument(json) {
  const found = record(json, 'document');
  const id = text(found.id, 'id');
  return {
    id,
    title: optional(found.title, text, 'title', '') || id,
    text: optional(found.text, text, 'text', ''),
    payload: optional(found.payload, record, 'payload', nothing),
    chunks: list(found.chunks ?? [], 'chunks', (chunk, where) =>
      typeof chunk === 'string' ? chunk : text(record(chunk, where).id, `${where}.id`),
    ),
  };
}

/**
 * The service's error, whatever came.
 * @param {number} status
 * @param {unknown} json Undefined where the body was not JSON.
 * @param {string | null} retryAfter The header.
 */
export function readError(status, json, retryAfter) {
  const body = optional(typeof json === 'object' ? json : undefined, record, 'error', nothing);
  const { code, message } = optional(typeof body.error === 'object' ? body.error : undefined, record, 'error', nothing);
  const seconds = retryAfter === null ? Number.NaN : Number(retryAfter);
  return new ServiceError(
    typeof code === 'string' ? code : `HTTP ${status}`,
    typeof message === 'string' ? message : `The service answered with status ${status}.`,
    Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined,
  );
}
