import { type Json, list, number, object, text } from '../body.ts';
import type { Point } from '../collection.ts';
import { parseMicros } from '../datetime.ts';
import { invalidBody, malformed, wrongInput } from '../errors.ts';
import { type FieldIndexes, isIndexed } from '../field-index.ts';
import { type Condition, isCondition, readCondition } from '../filter.ts';
import { geoPointOf, haversine, readGeoPoint } from '../geo.ts';
import { type JsonPath, parseJsonPath, valuesAt } from '../json-path.ts';

/** What a formula is evaluated on: a point, and its score in each of the prefetches (undefined where it is not among their answers). */
export interface Subject {
  readonly point: Point;
  readonly scores: readonly (number | undefined)[];
}

/** A new score for a point. @throws 400 where a value is missing, of another type, or not finite. */
export type Formula = (subject: Subject) => number;

type Expression = Formula;
type Defaults = Json;

/** Reads `{ formula, defaults }`. */
export function readFormula({ formula, defaults }: Json, indexes: FieldIndexes): Formula {
  if (formula === undefined) throw malformed('missing field `formula`');
  const values = defaults === undefined || defaults === null ? {} : object(defaults, 'a map');
  for (const [name, value] of Object.entries(values))
    if (name.startsWith('$score') && typeof value !== 'number')
      throw invalidBody('query.defaults: Validation error: Score default must be a number');
  const expression = new Reader(values, indexes).read(formula);
  return (subject) => {
    const score = expression(subject);
    const single = Math.fround(score);
    return Number.isFinite(single) ? single : nonFinite(`${score} as f32 = ${single}`);
  };
}

function nonFinite(expression: string): never {
  throw wrongInput(`The expression ${expression} produced a non-finite number`);
}

function finite(value: number, shown: () => string): number {
  return Number.isFinite(value) ? value : nonFinite(`${shown()} = ${value}`);
}

const score = /^\$score(?:\[(\d+)\])?$/;

class Reader {
  readonly #defaults: Defaults;
  readonly #indexes: FieldIndexes;

  constructor(defaults: Defaults, indexes: FieldIndexes) {
    this.#defaults = defaults;
    this.#indexes = indexes;
  }

  read(value: unknown): Expression {
    if (typeof value === 'number') return () => Math.fround(value);
    if (typeof value === 'bigint') return () => Number(value);
    if (typeof value === 'string') return this.#variable(value);
    const expression = object(value, 'enum Expression');
    if (isCondition(expression)) return this.#condition(expression);
    const [name = '', ...others] = Object.keys(expression);
    if (others.length > 0 || !Object.hasOwn(this.#kinds, name))
      throw malformed('data did not match any variant of untagged enum Expression');
    return this.#kinds[name]!(expression[name]);
  }

  readonly #kinds: { readonly [name: string]: (operand: unknown) => Expression } = {
    sum: (operand) => {
      const terms = this.#all(operand);
      return (subject) => terms.reduce((sum, term) => sum + term(subject), 0);
    },
    mult: (operand) => {
      const factors = this.#all(operand);
      return (subject) => {
        let product = 1;
        for (const factor of factors) {
          const value = factor(subject);
          // The rest may not have a value at all.
          if (value === 0) return 0;
          product *= value;
        }
        return product;
      };
    },
    neg: (operand) => this.#unary(operand, (x) => -x),
    abs: (operand) => this.#unary(operand, Math.abs),
    sqrt: (operand) => this.#unary(operand, Math.sqrt, (x) => `√${x}`),
    exp: (operand) => this.#unary(operand, Math.exp, (x) => `exp(${x})`),
    ln: (operand) => this.#unary(operand, Math.log, (x) => `ln(${x})`),
    log10: (operand) => this.#unary(operand, Math.log10, (x) => `log10(${x})`),
    pow: (operand) => {
      const { base, exponent } = object(operand, 'struct PowParams');
      const [low, high] = [this.read(base), this.read(exponent)];
      return (subject) => {
        const [x, y] = [low(subject), high(subject)];
        return finite(x ** y, () => `${x}^${y}`);
      };
    },
    div: (operand) => this.#quotient(object(operand, 'struct DivParams')),
    datetime: (operand) => {
      const micros = parseMicros(text(operand, 'datetime'));
      if (micros === undefined) throw wrongInput(`failed to parse date-time ${String(operand)}`);
      return () => micros / 1e6;
    },
    datetime_key: (operand) => {
      const read = this.#payload(parseJsonPath(text(operand, 'datetime_key')), 'datetime', (value) =>
        typeof value === 'string' ? parseMicros(value) : undefined,
      );
      return (subject) => read(subject) / 1e6;
    },
    geo_distance: (operand) => {
      const { origin, to } = object(operand, 'struct GeoDistanceParams');
      const from = readGeoPoint(origin);
      const read = this.#payload(parseJsonPath(text(to, 'to')), 'geo point', geoPointOf);
      return (subject) => haversine(from, read(subject));
    },
    exp_decay: (operand) => this.#decay(operand, 'exp'),
    gauss_decay: (operand) => this.#decay(operand, 'gauss'),
    lin_decay: (operand) => this.#decay(operand, 'lin'),
  };

  #all(operand: unknown): Expression[] {
    return list(operand, 'expressions').map((one) => this.read(one));
  }

  #unary(operand: unknown, of: (x: number) => number, shown?: (x: number) => string): Expression {
    const inner = this.read(operand);
    if (shown === undefined) return (subject) => of(inner(subject));
    return (subject) => {
      const x = inner(subject);
      return finite(of(x), () => shown(x));
    };
  }

  #quotient({ left, right, by_zero_default: fallback }: Json): Expression {
    const [above, below] = [this.read(left), this.read(right)];
    const byZero = fallback === undefined || fallback === null ? undefined : number(fallback, 'by_zero_default');
    return (subject) => {
      const x = above(subject);
      if (x === 0) return 0;
      const y = below(subject);
      if (y === 0 && byZero !== undefined) return byZero;
      return finite(x / y, () => `${x}/${y}`);
    };
  }

  /** How fast a value counts less, the farther it is from its target. */
  #decay(operand: unknown, kind: 'exp' | 'gauss' | 'lin'): Expression {
    const { x, target, scale, midpoint } = object(operand, 'struct DecayParamsExpression');
    const value = this.read(x);
    const goal = target === undefined || target === null ? () => 0 : this.read(target);
    const half = midpoint === undefined || midpoint === null ? 0.5 : number(midpoint, 'midpoint');
    const width = scale === undefined || scale === null ? 1 : number(scale, 'scale');
    if (kind === 'lin' ? half < 0 || half > 1 : half <= 0 || half >= 1)
      throw wrongInput(
        kind === 'lin'
          ? `Linear decay midpoint should be in the range [0.0, 1.0], got ${half}.`
          : `Decay midpoint should be in the range (0.0, 1.0), got ${half}.`,
      );
    if (width <= 0) throw wrongInput(`Decay scale should be non-zero positive, got ${width}.`);
    return (subject) => {
      const distance = Math.abs(value(subject) - goal(subject));
      if (kind === 'lin') return Math.max(0, 1 - ((1 - half) / width) * distance);
      if (kind === 'exp') return Math.exp((Math.log(half) / width) * distance);
      return Math.exp((Math.log(half) / width ** 2) * distance ** 2);
    };
  }

  #condition(condition: Json): Expression {
    const test: Condition = readCondition(condition, this.#indexes, 'query.formula');
    return ({ point }) => (test(point) ? 1 : 0);
  }

  #variable(name: string): Expression {
    if (!name.startsWith('$'))
      return this.#payload(parseJsonPath(name), 'number', (value) =>
        typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined,
      );
    const found = score.exec(name);
    if (found === null) throw wrongInput(`failed to parse variable ID ${name}: Invalid reserved word: ${name}`);
    const at = Number(found[1] ?? 0);
    const given =
      this.#defaults[name] ??
      this.#defaults[at === 0 ? '$score[0]' : name] ??
      (at === 0 ? this.#defaults.$score : undefined);
    const fallback = typeof given === 'number' ? given : 0;
    return ({ scores }) => scores[at] ?? fallback;
  }

  /** A value of the payload, else its default. */
  #payload<T>(path: JsonPath, type: string, read: (value: unknown) => T | undefined): (subject: Subject) => T {
    const fail = (why: string): never => {
      throw wrongInput(
        `Expected ${type} value for ${path.text} in the payload and/or in the formula defaults. Error: ${why}`,
      );
    };
    const indexed = this.#indexes.get(path.text)?.type;
    // Where there is an index, what it does not hold is not there.
    const counts = (value: unknown) => indexed === undefined || indexed === 'text' || isIndexed(indexed, value);
    const elements = ({ payload }: Point) => {
      const values = valuesAt(payload, path);
      return (path.steps.at(-1) === 'each' ? values : values.flat()).filter(counts);
    };
    const fallback = Object.entries(this.#defaults).find(
      ([name]) => !name.startsWith('$') && parseJsonPath(name).text === path.text,
    );
    return ({ point }) => {
      const values = elements(point);
      const value = values.length === 0 ? fallback?.[1] : values.length === 1 ? values[0] : values;
      if (value === undefined) return fail('No value found in a payload nor defaults');
      return read(value) ?? fail(`Value is not a ${type}`);
    };
  }
}
