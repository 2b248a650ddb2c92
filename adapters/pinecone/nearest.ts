import type { CallContext, Parts, StoredMatch } from '../../src/driver.ts';
import { classifyHttp } from '../../src/remote/http.ts';
import { compareMatches, distanceBetween, distanceOf } from '../../src/score.ts';
import type { Id, Metric } from '../../src/types.ts';
import type { WireMatch } from './answers.ts';
import { fromWireId, isHashed } from './ascii.ts';
import type { MetadataFilter } from './filter.ts';
import type { Requests } from './requests.ts';
import { type Row, toRow } from './rows.ts';
import { queryToWire } from './vectors.ts';

/** Above this many hits, values and metadata are fetched on their own: older documentation allows no more with them. */
const mostWithParts = 1_000;
/** Above this, zeros that were stored as something small no longer score as zero under `dot`. */
const largeQuery = 256;

/** What is asked of one search request. */
export interface NearestRequest {
  readonly namespace: string;
  readonly filter: MetadataFilter | undefined;
  readonly include: Parts;
}

/** What scores of `euclidean` mean is learnt from the service: documentation has said both. */
export type EuclideanScore = 'squared' | 'true';

/** A match, with the record if it was asked for. */
interface Hit {
  readonly id: Id;
  readonly score: number;
  readonly row: Row | undefined;
}

/** The approximate search of one index. */
export class Nearest {
  readonly #requests: Requests;
  readonly #metric: Metric;
  #euclidean: EuclideanScore | undefined;

  constructor(requests: Requests, metric: Metric) {
    this.#requests = requests;
    this.#metric = metric;
  }

  /** The `limit` nearest rows, best first. Fewer: there are no more. */
  async find(
    query: Float32Array,
    limit: number,
    { namespace, filter, include }: NearestRequest,
    context: CallContext,
  ): Promise<StoredMatch[]> {
    const { values, scoreFactor } = queryToWire(query, this.#metric);
    const isUnknown = this.#metric === 'euclidean' && this.#euclidean === undefined;
    const wanted: Parts = {
      vector: include.vector || isUnknown,
      payload: include.payload || (this.#metric === 'dot' && query.some((x) => Math.abs(x) > largeQuery)),
    };
    const ask = (parts: Parts) =>
      this.#requests.query(
        namespace,
        { values, topK: limit, filter, includeValues: parts.vector, includeMetadata: parts.payload || parts.vector },
        context,
      );
    const hits = await this.#withParts(ask, limit, wanted, namespace, context);
    const found = hits.map(({ id, score, row }): StoredMatch => {
      const distance =
        row !== undefined && isUnknown ? this.#learn(query, row, score) : this.#distance(score * scoreFactor, row);
      return {
        id,
        distance,
        ...(row !== undefined && include.payload && { payload: row.payload }),
        ...(row !== undefined && include.vector && { vector: row.vector }),
      };
    });
    return found.sort(compareMatches);
  }

  async #withParts(
    ask: (parts: Parts) => Promise<{ matches: WireMatch[] }>,
    limit: number,
    wanted: Parts,
    namespace: string,
    context: CallContext,
  ): Promise<Hit[]> {
    const nothing: Parts = { payload: false, vector: false };
    if (!wanted.payload && !wanted.vector) {
      const { matches } = await ask(nothing);
      if (!matches.some((match) => isHashed(match.id))) return matches.map(withoutRow);
      return this.#fetchRows(matches, namespace, context);
    }
    if (limit <= mostWithParts) {
      try {
        const { matches } = await ask(wanted);
        return matches.map((match) => {
          const row = toRow(match);
          return { id: row.id, score: match.score, row };
        });
      } catch (error) {
        // Perhaps the answer would be too large.
        if (limit <= 10 || classifyHttp(error)?.code !== 'InvalidArgument') throw error;
      }
    }
    const { matches } = await ask(nothing);
    return this.#fetchRows(matches, namespace, context);
  }

  async #fetchRows(matches: readonly WireMatch[], namespace: string, context: CallContext): Promise<Hit[]> {
    const ids = matches.map((match) => match.id);
    const records = await this.#requests.fetch(namespace, ids, context);
    const rows = new Map(records.map((record) => [record.id, toRow(record)]));
    // What was deleted since is left out.
    return matches.flatMap(({ id, score }) => {
      const row = rows.get(id);
      return row === undefined ? [] : [{ id: row.id, score, row }];
    });
  }

  #distance(score: number, row: Row | undefined): number {
    switch (this.#metric) {
      case 'cosine':
        return distanceOf('cosine', Math.max(-1, Math.min(1, score)));
      case 'dot':
        return row?.isZero ? 0 : distanceOf('dot', score);
      case 'euclidean':
        return this.#euclidean === 'squared' ? Math.sqrt(Math.max(0, score)) : Math.abs(score);
    }
  }

  /** The distance computed here, and what it tells about the service's score where the two readings differ. */
  #learn(query: Float32Array, row: Row, score: number): number {
    const distance = distanceBetween('euclidean', query, row.vector);
    const isSquared = near(score, distance * distance);
    if (isSquared !== near(score, distance)) this.#euclidean = isSquared ? 'squared' : 'true';
    return distance;
  }
}

function withoutRow({ id, score }: WireMatch): Hit {
  return { id: fromWireId(id), score, row: undefined };
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-3 * Math.max(1e-3, Math.abs(b));
}
