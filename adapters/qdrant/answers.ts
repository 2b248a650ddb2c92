import { HttpFault } from '../../src/remote/http-fault.ts';
import type { PointId } from './ids.ts';

/** A point in an answer. */
export interface AnsweredPoint {
  readonly id: PointId;
  readonly payload: unknown;
  readonly vector: unknown;
}

/** A hit in an answer. */
export interface AnsweredHit extends AnsweredPoint {
  readonly score: number;
}

function unexpected(what: string): HttpFault {
  return new HttpFault('unexpected', `the server's answer makes no sense: ${what}`);
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

/** Whether a collection exists. */
export function existsOf(value: unknown): boolean {
  const exists = member(value, 'exists');
  if (typeof exists !== 'boolean') throw unexpected('neither exists nor not');
  return exists;
}

/** A list of points. */
export function pointsOf(value: unknown): AnsweredPoint[] {
  if (!Array.isArray(value)) throw unexpected('no list of points');
  for (const point of value) {
    const id = member(point, 'id');
    if (typeof id !== 'string' && typeof id !== 'number') throw unexpected('a point without id');
  }
  return value as AnsweredPoint[];
}

/** The points of a query's answer. */
export function hitsOf(value: unknown): AnsweredHit[] {
  const hits = pointsOf(member(value, 'points'));
  for (const hit of hits) if (typeof member(hit, 'score') !== 'number') throw unexpected('a hit without score');
  return hits as AnsweredHit[];
}

/** The answers of a batch, one for each of its queries. */
export function batchOf(value: unknown, queries: number): AnsweredHit[][] {
  if (!Array.isArray(value) || value.length !== queries) throw unexpected('not one answer for each query');
  return value.map(hitsOf);
}

/** A page of a scroll. */
export function pageOfPoints(value: unknown): { points: AnsweredPoint[]; next: PointId | undefined } {
  const next = member(value, 'next_page_offset');
  if (next !== null && next !== undefined && typeof next !== 'string' && typeof next !== 'number')
    throw unexpected('an offset of another type');
  return { points: pointsOf(member(value, 'points')), next: next ?? undefined };
}

export function countOf(value: unknown): number {
  const count = member(value, 'count');
  if (typeof count !== 'number') throw unexpected('no count');
  return count;
}

/** Values of a facet with their counts. */
export function facetOf(value: unknown): { value: unknown; count: number }[] {
  const hits = member(value, 'hits');
  if (!Array.isArray(hits)) throw unexpected('no facet');
  return hits.map((hit) => ({ value: member(hit, 'value'), count: countOf(hit) }));
}

/** Writes are waited for: anything but done is not what was asked. */
export function checkDone(value: unknown): void {
  for (const update of Array.isArray(value) ? value : [value]) {
    if (member(update, 'status') !== 'completed') throw unexpected('a write that was waited for is not completed');
  }
}

/** The one vector of a point: plain, or by its name. */
export function vectorOf(vector: unknown, name: string | undefined): readonly number[] | undefined {
  const found = name === undefined || Array.isArray(vector) ? vector : member(vector, name);
  if (found === undefined || found === null) return undefined;
  if (!Array.isArray(found) || !found.every((component) => typeof component === 'number'))
    throw unexpected('a vector that is no list of numbers');
  return found;
}
