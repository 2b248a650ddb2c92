/**
 * Decides when an index is worth reloading because a query asks for another effort. A reload costs as much as writing and reading the index
 * once, so more effort is given at once and kept; less only after enough queries in a row have been content with less.
 */
export class EffortPolicy {
  #current: number;
  #quiet = 0;
  #highestQuiet = 0;

  constructor(usual: number) {
    this.#current = usual;
  }

  /** The effort in force. */
  get current(): number {
    return this.#current;
  }

  /**
   * The effort for a query.
   *
   * @param asked What it asks for.
   * @param patience How many queries in a row must ask for less.
   */
  next(asked: number, patience: number): number {
    if (asked >= this.#current) return this.settle(asked);
    this.#quiet += 1;
    this.#highestQuiet = Math.max(this.#highestQuiet, asked);
    return this.#quiet > patience ? this.settle(this.#highestQuiet) : this.#current;
  }

  /** Sets the effort in force. */
  settle(effort: number): number {
    this.#quiet = 0;
    this.#highestQuiet = 0;
    this.#current = effort;
    return effort;
  }
}
