import type { Compressors } from 'hyparquet';
import { VectorStoreError } from '../../src/errors.ts';
import { boundedCompressors } from './compressors.ts';

/** The packages that read and write Parquet. */
export interface ParquetPackages {
  readonly reader: typeof import('hyparquet');
  readonly writer: typeof import('hyparquet-writer');
  /** Bounded: see {@link boundedCompressors}. */
  readonly compressors: Compressors;
  /** Parts of the reader, to look at pages before it decodes them. */
  readonly internals: Pick<typeof import('hyparquet/src/column.js'), 'parquetHeader'> &
    Pick<typeof import('hyparquet/src/delta.js'), 'deltaBinaryUnpack'> &
    Pick<typeof import('hyparquet/src/encoding.js'), 'readRleBitPackedHybrid'>;
}

/** @throws `Unavailable` with the command to type where one of them is not installed. */
export async function loadPackages(): Promise<ParquetPackages> {
  try {
    const [reader, writer, { compressors }, ...internals] = await Promise.all([
      import('hyparquet'),
      import('hyparquet-writer'),
      import('hyparquet-compressors'),
      import('hyparquet/src/column.js'),
      import('hyparquet/src/delta.js'),
      import('hyparquet/src/encoding.js'),
    ]);
    const [{ parquetHeader }, { deltaBinaryUnpack }, { readRleBitPackedHybrid }] = internals;
    return {
      reader,
      writer,
      compressors: boundedCompressors(compressors),
      internals: { parquetHeader, deltaBinaryUnpack, readRleBitPackedHybrid },
    };
  } catch (cause) {
    throw new VectorStoreError(
      'Unavailable',
      'the packages for Parquet are not installed: npm install hyparquet hyparquet-writer hyparquet-compressors',
      { cause, retryable: false },
    );
  }
}
