/** Powers of ten by exponent, from {@link leastPower} on. */
const leastPower = -40;
const powers = Float64Array.from({ length: 100 }, (_, i) => Number(`1e${i + leastPower}`));

/**
 * By the exponent bits of an f32: the decimal exponent `d` for which |x| · 10^d lies between 10^8 and 2 · 10^9, so that its integral part has nine
 * digits or ten: enough to name every f32.
 */
const scaleOf = Int8Array.from(
  { length: 256 },
  (_, bits) => 8 - Math.floor(Math.log10(2 ** (Math.max(bits, 1) - 127))),
);

/** The text `e<n>` after the digits, as bytes, by {@link scaleOf}. */
const exponents = new Map(
  [...new Set(scaleOf)].map((scale) => [
    scale,
    scale === 0 ? new Uint8Array(0) : new TextEncoder().encode(`e${-scale}`),
  ]),
);
const suffixes = Array.from(scaleOf, (scale) => exponents.get(scale)!);

/** Two digits for each number below 100. */
const pairs = new Uint8Array(200);
for (let i = 0; i < 100; i++) {
  pairs[2 * i] = 48 + Math.floor(i / 10);
  pairs[2 * i + 1] = 48 + (i % 10);
}

const encoder = new TextEncoder();
const minus = 45;
const comma = 44;
/** A number takes up to a sign, ten digits, an exponent of four characters and a comma. */
const mostPerNumber = 16;

/**
 * Writes the bytes of a JSON body. Vectors go in as digits at once, without becoming text first: that is most of what a client of an HTTP
 * backend does.
 */
export class BodyWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  /** @param size A first guess of the bytes needed. */
  constructor(size = 1024) {
    this.#bytes = new Uint8Array(size);
  }

  /** Any text, as UTF-8. */
  text(text: string): this {
    this.#reserve(text.length * 3);
    this.#length += encoder.encodeInto(text, this.#bytes.subarray(this.#length)).written;
    return this;
  }

  /**
   * A vector as a JSON array. Each number reads back as the same f32: as nine or ten significant digits with an exponent, for example
   * `272945147e-10`. All components must be finite.
   */
  vector(vector: Float32Array): this {
    this.#reserve(vector.length * mostPerNumber + 2);
    const bytes = this.#bytes;
    const words = new Uint32Array(vector.buffer, vector.byteOffset, vector.length);
    let at = this.#length;
    bytes[at++] = 91;
    for (let i = 0; i < vector.length; i++) {
      if (i > 0) bytes[at++] = comma;
      const word = words[i]!;
      at = writeNumber(bytes, at, vector[i]!, word);
    }
    bytes[at++] = 93;
    this.#length = at;
    return this;
  }

  /** Bytes that are JSON already. */
  bytes(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** What was written. The writer must not be used again. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

/** Returns where the next byte goes. */
function writeNumber(bytes: Uint8Array, start: number, value: number, word: number): number {
  let at = start;
  const exponent = (word >>> 23) & 0xff;
  const magnitude = Math.abs(value);
  if (magnitude === 0) {
    bytes[at] = 48;
    return at + 1;
  }
  if (word >>> 31 === 1) bytes[at++] = minus;
  // Subnormal numbers have fewer digits than their exponent says; any number of them is enough.
  const digits = Math.round(magnitude * powers[scaleOf[exponent]! - leastPower]!);
  at = writeDigits(bytes, at, digits);
  const suffix = suffixes[exponent]!;
  for (let i = 0; i < suffix.length; i++) bytes[at++] = suffix[i]!;
  return at;
}

/** An integer below 2^32. */
function writeDigits(bytes: Uint8Array, start: number, value: number): number {
  let at = start;
  if (value < 100_000_000) return writeShort(bytes, at, value);
  const high = Math.floor(value / 100_000_000);
  if (high >= 10) {
    bytes[at++] = pairs[2 * high]!;
    bytes[at++] = pairs[2 * high + 1]!;
  } else bytes[at++] = 48 + high;
  const low = (value - high * 100_000_000) | 0;
  const upper = (low / 10_000) | 0;
  const lower = (low - upper * 10_000) | 0;
  at = writeFour(bytes, at, upper);
  return writeFour(bytes, at, lower);
}

function writeFour(bytes: Uint8Array, at: number, value: number): number {
  const upper = (value / 100) | 0;
  const lower = (value - upper * 100) | 0;
  bytes[at] = pairs[2 * upper]!;
  bytes[at + 1] = pairs[2 * upper + 1]!;
  bytes[at + 2] = pairs[2 * lower]!;
  bytes[at + 3] = pairs[2 * lower + 1]!;
  return at + 4;
}

/** Fewer digits: only of the smallest numbers there are. */
function writeShort(bytes: Uint8Array, start: number, value: number): number {
  let at = start;
  for (const digit of String(value)) bytes[at++] = digit.charCodeAt(0);
  return at;
}
