import { describe, expect, test } from 'vitest';
import type { Metric } from '../../src/types.ts';
import { parseFactory } from './factory.ts';

const dimension = 16;
const parse = (text: string, metric: Metric = 'euclidean', d = dimension) => parseFactory(text, d, metric);
const refusal = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe('taken', () => {
  test.each([
    ['Flat', 0, 0, 32],
    ['SQfp16', 1, 1_000, 16],
    ['SQ8', 1, 1_000, 8],
    ['SQ4', 1, 1_000, 4],
    ['PQ4', 256, 9_984, 2],
    ['PQ4x6', 64, 2_496, 1.5],
    ['PQ4x12', 4_096, 159_744, 3],
    ['PQ8x4fs', 16, 624, 2],
    ['LSH', 0, 0, 1],
    ['LSHrt', 1, 1_000, 1],
    ['HNSW16', 0, 0, 32],
    ['HNSW16_PQ4', 256, 9_984, 2],
    ['IVF64,Flat', 64, 2_496, 32],
    ['IVF1024_HNSW32,SQ8', 1_024, 39_936, 8],
    ['IVF4,PQ4', 256, 9_984, 2],
    ['IMI2x4,Flat', 16, 624, 32],
    ['PCA8,Flat', 8, 64, 16],
    ['OPQ4_8,IVF16,PQ4x4', 256, 9_984, 1],
    ['RR,Flat', 1, 1, 32],
    ['Pad24,PQ8x4', 16, 624, 2],
  ])(
    '%s needs %d vectors to train, %d to train well, and leaves %d bits of a number',
    (text, required, advised, bits) => {
      const factory = parse(text);
      expect(factory.training).toEqual({ required, advised });
      expect(factory.bitsPerNumber).toBe(bits);
    },
  );

  test.each([
    // Annealing for polysemous codes takes seconds and cannot be used.
    ['PQ4', 'PQ4x8np'],
    ['IVF16,PQ4', 'IVF16,PQ4x8np'],
    ['HNSW', 'HNSW32_Flat'],
    ['HNSW16,SQ8', 'HNSW16_SQ8'],
    ['OPQ4,IVF16,PQ4,RFlat', 'OPQ4,IVF16,PQ4x8np,RFlat'],
  ])('%s is written as %s', (text, written) => {
    expect(parse(text).text).toBe(written);
  });

  test('the effort is that of the graph or of the lists', () => {
    expect(parse('PCA8,HNSW16,RFlat')).toMatchObject({ graph: true, nlist: undefined });
    expect(parse('RR,IVF16_HNSW8,Flat')).toMatchObject({ graph: false, nlist: 16 });
    expect(parse('IMI2x4,SQ8')).toMatchObject({ graph: false, nlist: 256 });
    expect(parse('PQ4')).toMatchObject({ graph: false, nlist: undefined });
  });

  test('transforms change the dimension that the codec sees', () => {
    expect(parse('PCA6,PQ3x4').bitsPerNumber).toBe(12 / 16);
    expect(() => parse('PCA6,PQ4x4')).toThrow(refusal('InvalidArgument', /PQ4x4: 6 numbers cannot be cut into 4/));
    expect(parse('ITQ8,LSH', 'cosine').bitsPerNumber).toBe(0.5);
  });
});

describe('refused as wrong', () => {
  test.each([
    ['', /1 to 200 characters/],
    ['x'.repeat(201), /1 to 200 characters/],
    ['flat', /"flat" is no component/],
    ['Flat,', /"" is no component/],
    [',Flat', /"" is no component/],
    ['Flat,Flat', /"Flat" is no component .* that can stand there/],
    ['Flat\0', /is no component/],
    ['../../x', /is no component/],
    [' Flat', /is no component/],
    ['IVF16', /must be followed by how vectors are stored, for example IVF16,Flat/],
    ['IVF0,Flat', /lists from 1 to 65536/],
    ['IVF99999999,Flat', /lists from 1 to 65536/],
    [`IVF${'9'.repeat(50)},Flat`, /lists from 1 to 65536/],
    ['IVF16,LSH', /"LSH" is no component/],
    ['PQ5', /16 numbers cannot be cut into 5/],
    ['PQ0', /parts from 1 to 16/],
    ['PQ4x0', /bits from 1 to 12/],
    ['IVF16,PQ4x9', /bits from 1 to 8/],
    ['HNSW16_PQ4x6', /product codes of 8 bits only/],
    ['PQ4x4fs_33', /multiple of 32/],
    ['HNSW1', /links from 2 to 128/],
    ['HNSW0', /links from 2 to 128/],
    ['IVF16_HNSW1,Flat', /links from 2 to 128/],
    ['PCA17,Flat', /dimensions from 1 to 16/],
    ['PCA0,Flat', /dimensions from 1 to 16/],
    ['RR0,Flat', /dimensions from 1/],
    ['OPQ3,Flat', /cannot be cut into 3/],
    ['IMI2x9,Flat', /bits from 1 to 8/],
    ['SQ8bit', /is no component/],
    ['RFlat', /is no component/],
  ])('%j', (text, message) => {
    expect(() => parse(text)).toThrow(refusal('InvalidArgument', message));
  });
});

describe('refused with the reason', () => {
  test.each<[string, RegExp, Metric]>([
    ['IDMap,Flat', /IDMap .* wants ids/, 'euclidean'],
    ['Flat,IDMap2', /IDMap2 .* wants ids/, 'euclidean'],
    ['NSG32', /no vectors after the first batch/, 'euclidean'],
    ['IVF16_NSG8,Flat', /no vectors after the first batch/, 'euclidean'],
    ['RQ4x8', /tens of seconds/, 'euclidean'],
    ['IVF16,LSQ4x8', /tens of seconds/, 'euclidean'],
    ['RQ4x4fs_32_Nrq2x4', /crashes when it reads/, 'euclidean'],
    ['RCQ2x4', /stores no vectors/, 'euclidean'],
    ['Residual16,PQ4', /cannot search it/, 'euclidean'],
    ['ZnLattice4x4_2', /cannot add/, 'euclidean'],
    ['MinMax,SQ8', /cannot add/, 'euclidean'],
    ['PCAW8,Flat', /whitening/, 'euclidean'],
    ['IVF16,FlatDedup', /duplicates/, 'euclidean'],
    ['HNSW16_16+PQ4', /milliseconds per vector/, 'euclidean'],
    ['SQ8,Refine(Flat)', /an index within an index/, 'euclidean'],
    ['IVF16(HNSW8),Flat', /an index within an index/, 'euclidean'],
    ['LSH', /knows no inner product/, 'dot'],
    ['IMI2x4,Flat', /knows no inner product/, 'dot'],
    ['PCA8,Flat', /knows no inner product/, 'dot'],
    ['IVF16,PQ4+4', /knows no inner product/, 'dot'],
    ['HNSW16_PQ4', /by L2, whatever the metric/, 'dot'],
    ['L2norm,Flat', /only cosine/, 'euclidean'],
    ['ITQ,LSH', /only cosine/, 'euclidean'],
  ])('%s', (text, message, metric) => {
    expect(() => parse(text, metric)).toThrow(refusal('Unsupported', message));
  });

  test('training sets that do not fit into one array', () => {
    expect(() => parse('IVF65536,Flat', 'euclidean', 1_024)).toThrow(refusal('Unsupported', /given 32768 at once/));
    expect(parse('IVF65536,Flat', 'euclidean', 512).training.required).toBe(65_536);
  });
});
