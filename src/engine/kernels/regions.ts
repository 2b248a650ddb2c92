const lineBytes = 64;
const pageBytes = 65_536;

/** Where regions lie in a memory, one after another at multiples of 64 bytes. Growing moves them and keeps what they hold. */
export class Regions<Name extends string> {
  readonly memory: WebAssembly.Memory;
  readonly #names: readonly Name[];
  readonly #sizes: { readonly [N in Name]: (capacity: number, upperLists: number) => number };
  #at: { [N in Name]: number };
  #bytes: { [N in Name]: number };

  /** Nothing is placed before the first `grow`. */
  constructor(sizes: { readonly [N in Name]: (capacity: number, upperLists: number) => number }) {
    this.memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536 });
    this.#sizes = sizes;
    this.#names = Object.keys(sizes) as Name[];
    this.#at = Object.fromEntries(this.#names.map((name) => [name, lineBytes])) as { [N in Name]: number };
    this.#bytes = Object.fromEntries(this.#names.map((name) => [name, 0])) as { [N in Name]: number };
  }

  /** The address of a region. */
  at(name: Name): number {
    return this.#at[name];
  }

  /** Bytes that a region needs for this much. */
  sizeOf(name: Name, capacity: number, upperLists: number): number {
    return this.#sizes[name](capacity, upperLists);
  }

  /** @throws RangeError beyond 4 GiB. */
  grow(capacity: number, upperLists: number): void {
    const before = { at: this.#at, bytes: this.#bytes };
    const at = { ...this.#at };
    const bytes = { ...this.#bytes };
    let end = lineBytes;
    for (const name of this.#names) {
      at[name] = end;
      bytes[name] = Math.max(before.bytes[name], this.#sizes[name](capacity, upperLists));
      end = alignedTo(lineBytes, end + bytes[name]);
    }
    const missing = Math.ceil((end - this.memory.buffer.byteLength) / pageBytes);
    if (missing > 0) this.memory.grow(missing);
    // The last one first: none moves down, so none is written over before it has moved.
    const all = new Uint8Array(this.memory.buffer);
    for (const name of this.#names.toReversed()) {
      all.copyWithin(at[name], before.at[name], before.at[name] + before.bytes[name]);
      // What was there is of no use, and new parts must not begin with it.
      all.fill(0, at[name] + before.bytes[name], at[name] + bytes[name]);
    }
    this.#at = at;
    this.#bytes = bytes;
  }

  get byteLength(): number {
    return this.memory.buffer.byteLength;
  }
}

function alignedTo(step: number, at: number): number {
  return Math.ceil(at / step) * step;
}
