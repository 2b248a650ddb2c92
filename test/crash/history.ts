import { absent, componentsOf, difference, Model } from './model.ts';
import type { CrashOp } from './operations.ts';
import { shownOp } from './operations.ts';

/** When something had happened, as the number of changes of the disk (or of messages of a process) before it. */
type Moment = number;

interface Step {
  readonly op: CrashOp;
  readonly submitted: Moment;
  /** From when on it must survive. */
  kept: Moment;
}

/** Operations carried out together: any of them may be there without the others. */
interface Group {
  readonly steps: Step[];
  /** By subset of the operations (bit i for step i), the components that they change. */
  readonly states: ReadonlyMap<string, string>[];
  readonly touched: ReadonlySet<string>;
}

/** A state that a component may be in. */
interface Possible {
  readonly value: string;
  readonly after: string;
}

/**
 * What was asked and what was acknowledged, and with it what a database may hold at any moment: all that was acknowledged, in order, and of
 * what was asked afterwards as much as it likes, from the front, each operation whole or not at all.
 */
export class History {
  readonly #base: Model;
  readonly #groups: Group[] = [];
  #model: Model;

  /** `base`: what is there, and stays, before anything is asked. */
  constructor(base = new Model()) {
    this.#base = base;
    this.#model = base;
  }

  /** What holds once everything asked is done. */
  get model(): Model {
    return this.#model;
  }

  /** Operations are about to be carried out together. */
  submit(ops: readonly CrashOp[], at: Moment): Step[] {
    const touched = new Set(componentsOf(ops.map((op) => op.collection)));
    const states: Map<string, string>[] = [];
    for (let mask = 0; mask < 1 << ops.length; mask++) {
      const model = this.#model.copy();
      for (const [i, op] of ops.entries()) if (mask & (1 << i)) model.apply(op);
      states.push(new Map([...touched].map((name) => [name, model.component(name)])));
      if (mask + 1 === 1 << ops.length) this.#model = model;
    }
    const steps = ops.map((op) => ({ op, submitted: at, kept: Number.POSITIVE_INFINITY }));
    this.#groups.push({ steps, states, touched });
    return steps;
  }

  /** All that was acknowledged in a collection so far is from now on to survive. */
  keepAll(collection: string, at: Moment): void {
    for (const { steps } of this.#groups) {
      for (const step of steps) if (step.op.collection === collection) step.kept = Math.min(step.kept, at);
    }
  }

  /** Undefined if a database may hold this at a moment, else what is wrong. */
  complaint(found: ReadonlyMap<string, string>, at: Moment): string | undefined {
    return this.#complaint(found, (name) => this.#allowed(name, at));
  }

  /** The same for a database that may also lack the last change of each collection, in whole or in part. */
  complaintButForTail(found: ReadonlyMap<string, string>): string | undefined {
    return this.#complaint(found, (name) => this.#tail(name));
  }

  /** The same for a database that may also lack any number of its last changes. */
  complaintButForEnd(found: ReadonlyMap<string, string>): string | undefined {
    return this.#complaint(found, (name) => this.#allowed(name, Number.MAX_SAFE_INTEGER, -1));
  }

  #complaint(found: ReadonlyMap<string, string>, allowedOf: (component: string) => Possible[]): string | undefined {
    for (const name of new Set([...this.#components(), ...found.keys()])) {
      const allowed = allowedOf(name);
      const value = found.get(name) ?? absent;
      if (allowed.some((state) => state.value === value)) continue;
      const nearest = allowed[0]!;
      return `${name} is in none of the ${allowed.length} states allowed; against ${nearest.after}: ${difference(nearest.value, value)}`;
    }
    return undefined;
  }

  #components(): string[] {
    return [...componentsOf(this.#base.collections.keys()), ...this.#groups.flatMap(({ touched }) => [...touched])];
  }

  #tail(component: string): Possible[] {
    const tail: Possible[] = [];
    for (const { states, touched } of [...this.#groups].reverse()) {
      if (!touched.has(component)) continue;
      const values = new Set(states.map((state) => state.get(component)!));
      for (const value of values) tail.push({ value, after: 'the last change' });
      if (values.size > 1) break;
    }
    return tail.length > 0 ? tail : [{ value: absent, after: 'the beginning' }];
  }

  #allowed(component: string, at: Moment, keptAt = at): Possible[] {
    const groups = this.#groups.filter(({ touched, steps }) => touched.has(component) && steps[0]!.submitted <= at);
    let from = groups.length - 1;
    while (from >= 0 && !groups[from]!.steps.some((step) => step.kept <= keptAt)) from -= 1;
    const allowed: Possible[] = from < 0 ? [{ value: this.#base.component(component), after: 'the beginning' }] : [];
    for (const { steps, states } of groups.slice(Math.max(0, from))) {
      const required = steps.reduce((mask, step, i) => (step.kept <= keptAt ? mask | (1 << i) : mask), 0);
      for (const [mask, state] of states.entries()) {
        if ((mask & required) !== required) continue;
        const done = steps.filter((_, i) => mask & (1 << i)).map(({ op }) => shownOp(op).slice(0, 120));
        allowed.push({
          value: state.get(component)!,
          after: `the state after ${done.join(' and ') || 'nothing of the last group'}`,
        });
      }
    }
    return allowed;
  }
}
