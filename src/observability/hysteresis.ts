/** Says yes after so many bad signs in a row, and no again after as many good ones. What is neither breaks both rows. */
export class Hysteresis {
  readonly #needed: number;
  #row = 0;
  #isOn = false;

  constructor(needed: number) {
    this.#needed = needed;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** Returns whether it is on afterwards. */
  see(sign: 'bad' | 'good' | 'neither'): boolean {
    const turns = sign === (this.#isOn ? 'good' : 'bad');
    this.#row = turns ? this.#row + 1 : 0;
    if (this.#row >= this.#needed) {
      this.#isOn = !this.#isOn;
      this.#row = 0;
    }
    return this.#isOn;
  }

  reset(): void {
    this.#row = 0;
    this.#isOn = false;
  }
}
