import type { Payload } from '../types.ts';

/** A value that a filter can compare with. */
export type Scalar = string | number | boolean;

/** The type of an operand: literal unions stay narrow for equality, ranges and prefixes widen. */
type Ordered<S> = S extends number ? number : S extends string ? string : never;
type Text<S> = S extends string ? string : never;

/** The operators on a field whose scalars (or whose array's elements) are `S`. Several operators are ANDed. */
export interface Operators<S> {
  /** Equal; on an array: some element is equal. Types never coerce. */
  readonly $eq?: S;
  /** The exact complement of `$eq`: missing fields match. */
  readonly $ne?: S;
  /** On an array one element must satisfy all the range bounds given here. Strings only on fields declared `datetime`. */
  readonly $gt?: Ordered<S>;
  readonly $gte?: Ordered<S>;
  readonly $lt?: Ordered<S>;
  readonly $lte?: Ordered<S>;
  /** Equal to one of up to 10,000 values. `[]` matches nothing. */
  readonly $in?: readonly S[];
  /** The exact complement of `$in`. `[]` matches everything. */
  readonly $nin?: readonly S[];
  /** Present and not null; `[]` and `[null]` are present. */
  readonly $exists?: boolean;
  /** A string, or an element of an array, begins with this. Case-sensitive. */
  readonly $startsWith?: Text<S>;
  /** Every term occurs in the text. Only on fields declared `text`. */
  readonly $match?: Text<S>;
}

/** The further operators of an array field. */
export interface ArrayOperators<S> {
  /** The field is an array with this element. */
  readonly $contains?: S;
  /** The field is an array with all these elements. `[]` is refused. */
  readonly $all?: readonly S[];
}

type ScalarsOf<V> = unknown extends V
  ? Scalar
  : V extends readonly (infer E)[]
    ? unknown extends E
      ? Scalar
      : Extract<E, Scalar>
    : Extract<V, Scalar>;
type HasArray<V> = unknown extends V ? true : Extract<V, readonly unknown[]> extends never ? false : true;

/** What may stand beside a field whose value is `V`: a scalar (short for `$eq`) or operators. */
export type Condition<V> = ConditionOn<ScalarsOf<V>, HasArray<V>>;
type ConditionOn<S, IsArray> = S | (IsArray extends true ? Operators<S> & ArrayOperators<S> : Operators<S>);

type Prev = [never, 0, 1, 2, 3, 4];
type Escape<S extends string> = S extends `${infer A}\\${infer B}`
  ? `${EscapeQuote<A>}\\\\${Escape<B>}`
  : EscapeQuote<S>;
type EscapeQuote<S extends string> = S extends `${infer A}"${infer B}` ? `${A}\\"${EscapeQuote<B>}` : S;
type Special = '.' | '"' | '\\' | '[' | ']';
/** A key as a path segment: quoted where it holds one of `. " \ [ ]`, is empty, or begins with `$`. */
type Segment<K extends string> = K extends '' | `$${string}` | `${string}${Special}${string}` ? `"${Escape<K>}"` : K;

/** Every path into `P` (five levels, through objects only) with the type of its value. */
type Entry<P, D extends number = 5> = [D] extends [0]
  ? never
  : string extends keyof P
    ? { path: string; value: P[keyof P] }
    : {
        [K in keyof P & string]-?:
          | { path: Segment<K>; value: P[K] }
          | Nested<Segment<K>, NonNullable<P[K]>, Extract<Prev[D], number>>;
      }[keyof P & string];
type Nested<S extends string, V, D extends number> = unknown extends V
  ? { path: `${S}.${string}`; value: unknown }
  : V extends readonly unknown[]
    ? never
    : V extends object
      ? Under<S, Entry<V, D>>
      : never;
type Under<S extends string, E> = E extends { path: infer Q extends string; value: infer V }
  ? { path: `${S}.${Q}`; value: V }
  : never;

/** The field paths of a payload type: dotted, to five levels; `string` for untyped payloads. */
export type Path<P extends object = Payload> = string extends keyof P ? string : Entry<P>['path'];

interface UntypedFilter {
  readonly [field: string]:
    | Scalar
    | (Operators<Scalar> & ArrayOperators<Scalar>)
    | UntypedFilter
    | readonly UntypedFilter[]
    | undefined;
}
type Fields<E extends { path: string; value: unknown }> = {
  readonly [X in E as X['path']]?: Condition<NonNullable<X['value']>>;
};

/** All of these, any of these, none of this. */
export interface Combinators<P extends object> {
  readonly $and?: readonly Filter<P>[];
  readonly $or?: readonly Filter<P>[];
  readonly $not?: Filter<P>;
}

/**
 * A condition on the payload: plain JSON, typed by the payload type. Several fields are ANDed; `{}` matches everything.
 *
 * A field is named by its dotted path; a segment with one of `. " \ [ ]`, an empty one, or one that begins with `$` is quoted like a JSON
 * string: `'meta."a.b"'`. Paths step through objects only, never through arrays.
 *
 * @example
 * const filter: Filter<Article> = { lang: 'en', year: { $gte: 2020 }, tags: { $in: ['rag'] }, $not: { 'author.name': 'Anon' } };
 */
export type Filter<P extends object = Payload> = string extends keyof P
  ? UntypedFilter
  : Fields<Entry<P>> & Combinators<P>;
