import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/** What is on a picture of Fashion-MNIST, by its label. */
export const classes = [
  ...['T-shirt', 'trouser', 'pullover', 'dress', 'coat'],
  ...['sandal', 'shirt', 'sneaker', 'bag', 'ankle boot'],
] as const;
export type ClassName = (typeof classes)[number];

/** Pixels on a side. */
export const side = 28;

/** A picture of 28 × 28 grey values, row by row, 0 to 255. */
export interface Picture {
  readonly className: ClassName;
  readonly pixels: Uint8Array;
}

/**
 * Reads the four files of Fashion-MNIST, of MNIST, or of any set in their format (IDX) with pictures of 28 × 28.
 *
 * @param part `train`, or `t10k` for the pictures that are asked about.
 */
export async function readPictures(directory: string, part: 'train' | 't10k'): Promise<Picture[]> {
  const [pixels, labels] = await Promise.all([
    readIdx(join(directory, `${part}-images-idx3-ubyte.gz`), [side, side]),
    readIdx(join(directory, `${part}-labels-idx1-ubyte.gz`), []),
  ]);
  return Array.from(labels, (label, i) => {
    const className = classes[label];
    const own = pixels.subarray(i * side * side, (i + 1) * side * side);
    if (className === undefined || own.length !== side * side)
      throw new RangeError(`${directory}: picture ${i} is cut short`);
    return { className, pixels: own };
  });
}

/** The bytes behind an IDX header: 0, 0, 8 (bytes), the number of dimensions, and each of them as 32 bits. */
async function readIdx(file: string, shape: readonly number[]): Promise<Uint8Array> {
  const bytes = await promisify(gunzip)(await readFile(file));
  const header = 4 + 4 * (1 + shape.length);
  const right = bytes.length >= header && bytes.readUInt32BE(0) === 0x0800 + 1 + shape.length;
  if (!right || shape.some((size, i) => bytes.readUInt32BE(8 + 4 * i) !== size))
    throw new RangeError(`${file}: not an IDX file of ${['n', ...shape].join(' × ')} bytes`);
  return bytes.subarray(header);
}
