import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { debianPackage } from './debian-package.ts';
import type { RawSet } from './vector-set.ts';

const dimension = 784;
const folder = 'usr/share/datasets/fashion-mnist';
const headerBytes = 16;

/** Fashion-MNIST: pictures of 28 × 28 pixels; the first of the training set to search in, the first of the test set to search for. */
export async function fashionMnist(count: number, queries: number): Promise<RawSet> {
  const root = await debianPackage('dataset-fashion-mnist', `/${folder}/train-images-idx3-ubyte.gz`);
  const pixels = (file: string) => gunzipSync(readFileSync(join(root, folder, file))).subarray(headerBytes);
  const train = pixels('train-images-idx3-ubyte.gz');
  return {
    name: 'fashion-mnist',
    metric: 'euclidean',
    dimension,
    available: train.length / dimension,
    base: Float32Array.from(train.subarray(0, count * dimension)),
    asked: Float32Array.from(pixels('t10k-images-idx3-ubyte.gz').subarray(0, queries * dimension)),
  };
}
