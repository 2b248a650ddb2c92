import { isObject, type Json, list, number, object, text, unsigned } from '../body.ts';
import type { Collection, Point } from '../collection.ts';
import { invalidBody, malformed, notCovered, QdrantError, wrongInput } from '../errors.ts';
import { isHigherBetter, placeOf, type Similarity, scoreOf, similarityTo, type Weight } from '../similarity.ts';
import { asStored, isSparse, paramsOf, type Vector } from '../vectors.ts';
import { average, type Examples, numberOr, readList } from './examples.ts';
import type { Ask, Diversity, Scorer } from './query.ts';

/** Builds scorers of one collection's points by one of their vectors. */
export class VectorQueries {
  readonly #collection: Collection;
  readonly #using: string;
  readonly #examples: Examples;

  constructor(collection: Collection, using: string, examples: Examples) {
    this.#collection = collection;
    this.#using = using;
    this.#examples = examples;
  }

  /** `query` where it is about vectors. @param limit How many answers are wanted. */
  read(query: unknown, limit: number): Ask {
    if (!isObject(query) || 'indices' in query) return this.#vectorAsk(this.nearest(this.#examples.read(query)));
    if ('nearest' in query) return this.#readNearest(query, limit);
    if ('recommend' in query) return this.#vectorAsk(this.#recommend(object(query.recommend, 'struct RecommendInput')));
    if ('discover' in query) return this.#vectorAsk(this.#discover(object(query.discover, 'struct DiscoverInput')));
    if ('context' in query) return this.#vectorAsk(this.#context(query.context));
    if ('relevance_feedback' in query)
      return this.#vectorAsk(this.#feedback(object(query.relevance_feedback, 'struct RelevanceFeedbackInput')));
    return this.#vectorAsk(this.nearest(this.#examples.read(query)));
  }

  #vectorAsk(scorer: Scorer): Ask {
    return { kind: 'vector', scorer };
  }

  #readNearest({ nearest, mmr }: Json, limit: number): Ask {
    const vector = this.#examples.read(nearest);
    const scorer = this.nearest(vector);
    if (mmr === undefined || mmr === null) return { kind: 'vector', scorer };
    return { kind: 'diverse', scorer, diversity: this.#readDiversity(object(mmr, 'struct Mmr'), vector, limit) };
  }

  #readDiversity(mmr: Json, vector: Vector, limit: number): Diversity {
    const diversity = numberOr(mmr.diversity, 0.5, 'diversity');
    if (!(diversity >= 0 && diversity <= 1))
      throw invalidBody(`query.mmr.diversity: value ${diversity} invalid, must be from 0.0 to 1.0`);
    const wanted = mmr.candidates_limit;
    const candidates = wanted === undefined || wanted === null ? limit : unsigned(wanted);
    if (candidates > 16_384)
      throw invalidBody(`query.mmr.candidates_limit: value ${candidates} invalid, must be from 0 to 16384`);
    const params = paramsOf(this.#collection.schema, this.#using);
    const of = (similarity: Similarity) => (point: Point) => {
      const stored = point.vectors.get(this.#using);
      return stored === undefined ? undefined : similarity(stored);
    };
    return {
      lambda: 1 - diversity,
      candidates,
      relevance: of(this.#similarity(vector)),
      likeness: (point) => {
        const own = point.vectors.get(this.#using);
        return own === undefined ? () => undefined : of(similarityTo(own, params));
      },
    };
  }

  /** Points by their closeness to one vector. */
  nearest(vector: Vector): Scorer {
    const params = paramsOf(this.#collection.schema, this.#using);
    const similarity = this.#similarity(vector);
    return {
      higherIsBetter: isHigherBetter(params),
      score: ({ vectors }) => {
        const stored = vectors.get(this.#using);
        const likeness = stored === undefined ? undefined : similarity(stored);
        return likeness === undefined ? undefined : scoreOf(likeness, params);
      },
    };
  }

  #similarity(vector: Vector): Similarity {
    const params = paramsOf(this.#collection.schema, this.#using);
    const weight =
      params.kind === 'sparse' && params.idf && isSparse(vector)
        ? inverseDocumentFrequency(this.#collection, this.#using, vector.indices)
        : undefined;
    return similarityTo(asStored(vector, params), params, weight);
  }

  /** A score made of the likeness to several examples; more is better under any metric. */
  #custom(examples: readonly Vector[], join: (likeness: (example: number) => number) => number): Scorer {
    const similarities = examples.map((example) => this.#similarity(example));
    return {
      higherIsBetter: true,
      score: ({ vectors }) => {
        const stored = vectors.get(this.#using);
        // Sparse vectors that share no index with an example are as like to it as 0.
        return stored === undefined ? undefined : Math.fround(join((at) => similarities[at]!(stored) ?? 0));
      },
    };
  }

  #recommend({ positive, negative, strategy }: Json): Scorer {
    const wanted = readList(positive).map((example) => this.#example(example));
    const unwanted = readList(negative).map((example) => this.#example(example));
    if (wanted.length + unwanted.length === 0)
      throw invalidBody('query.recommend: At least one positive or negative vector/id must be provided');
    const how = strategy ?? 'average_vector';
    if (how === 'average_vector') {
      if (wanted.length === 0)
        throw new QdrantError(400, 'Bad request: At least one positive vector ID required with this strategy');
      return this.nearest(average(wanted, unwanted));
    }
    if (how !== 'best_score' && how !== 'sum_scores')
      throw malformed(
        `unknown variant \`${String(how)}\`, expected one of \`average_vector\`, \`best_score\`, \`sum_scores\``,
      );
    const both = [...wanted, ...unwanted];
    if (how === 'sum_scores')
      return this.#custom(both, (likeness) =>
        both.reduce((sum, _, at) => sum + (at < wanted.length ? likeness(at) : -likeness(at)), 0),
      );
    return this.#custom(both, (likeness) => {
      let closest = Number.NEGATIVE_INFINITY;
      let worst = Number.NEGATIVE_INFINITY;
      both.forEach((_, at) => {
        if (at < wanted.length) closest = Math.max(closest, likeness(at));
        else worst = Math.max(worst, likeness(at));
      });
      return closest > worst ? scaledSigmoid(closest) : -scaledSigmoid(worst);
    });
  }

  #example(value: unknown): Vector {
    if (Array.isArray(value) && value.length === 0)
      throw wrongInput('Vector dimension error: expected a vector, got none');
    return this.#examples.read(value);
  }

  #readPairs(value: unknown): Vector[] {
    const pairs = value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];
    return pairs.flatMap((member) => {
      const pair = object(member, 'struct ContextPair');
      return [this.#examples.read(pair.positive), this.#examples.read(pair.negative)];
    });
  }

  #discover({ target, context }: Json): Scorer {
    if (target === undefined || target === null) throw malformed('missing field `target`');
    const pairs = this.#readPairs(context);
    return this.#custom([this.#examples.read(target), ...pairs], (likeness) => {
      let rank = 0;
      for (let at = 1; at < pairs.length; at += 2) rank += Math.sign(likeness(at) - likeness(at + 1));
      return rank + scaledSigmoid(likeness(0));
    });
  }

  #context(value: unknown): Scorer {
    const pairs = this.#readPairs(value);
    return this.#custom(pairs, (likeness) => {
      let loss = 0;
      for (let at = 0; at < pairs.length; at += 2)
        loss += sigmoid(Math.min(Math.fround(likeness(at) - likeness(at + 1) - margin), 0));
      return loss;
    });
  }

  #feedback({ target, feedback, strategy }: Json): Scorer {
    const naive = isObject(strategy) ? strategy.naive : undefined;
    if (!isObject(naive)) throw notCovered('feedback strategies other than naive');
    const [a, b, c] = [number(naive.a, 'a'), number(naive.b, 'b'), number(naive.c, 'c')];
    if (b < 0)
      throw invalidBody(
        `internal.query.relevance_feedback.strategy.naive.b: value ${b.toFixed(1)} invalid, must be 0.0 or larger`,
      );
    const goal = this.#examples.read(target);
    const items = list(feedback, 'feedback').map((member) => {
      const { example, score } = object(member, 'struct FeedbackItem');
      return { vector: this.#examples.read(example), score: number(score, 'score') };
    });
    if (items.length === 0) throw invalidBody('query.relevance_feedback.feedback: feedback elements must be non-empty');
    const pairs = items.flatMap((better, x) =>
      items.flatMap((worse, y) =>
        better.score > worse.score ? [{ x, y, weight: (better.score - worse.score) ** b * c }] : [],
      ),
    );
    return this.#custom([goal, ...items.map(({ vector }) => vector)], (likeness) =>
      pairs.reduce((sum, { x, y, weight }) => sum + weight * (likeness(x + 1) - likeness(y + 1)), a * likeness(0)),
    );
  }
}

const margin = 2 ** -23;

function sigmoid(x: number): number {
  return x / (1 + Math.abs(x));
}

function scaledSigmoid(x: number): number {
  return 0.5 * (sigmoid(x) + 1);
}

/** For these indices only. */
function inverseDocumentFrequency(collection: Collection, name: string, asked: readonly number[]): Weight {
  const frequency = new Map(asked.map((index) => [index, 0]));
  let documents = 0;
  for (const { vectors } of collection.values()) {
    const sparse = vectors.get(name);
    if (sparse === undefined || !isSparse(sparse)) continue;
    documents += 1;
    for (const index of asked)
      if (sparse.indices[placeOf(sparse.indices, index)] === index) frequency.set(index, frequency.get(index)! + 1);
  }
  return (index) => {
    const containing = frequency.get(index) ?? 0;
    return Math.log(1 + (documents - containing + 0.5) / (containing + 0.5));
  };
}

/** For checks of the name alone. */
export function usingOf(body: Json): string {
  return body.using === undefined || body.using === null ? '' : text(body.using, 'using');
}
