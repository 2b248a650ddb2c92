import { VectorStoreError } from '../../src/errors.ts';

/** The packages that read and write Parquet. */
export interface ParquetPackages {
  readonly reader: typeof import('hyparquet');
  readonly writer: typeof import('hyparquet-writer');
  readonly compressors: typeof import('hyparquet-compressors').compressors;
}

/** @throws `Unavailable` with the command to type where one of them is not installed. */
export async function loadPackages(): Promise<ParquetPackages> {
  try {
    const [reader, writer, { compressors }] = await Promise.all([
      import('hyparquet'),
      import('hyparquet-writer'),
      import('hyparquet-compressors'),
    ]);
    return { reader, writer, compressors };
  } catch (cause) {
    throw new VectorStoreError(
      'Unavailable',
      'the packages for Parquet are not installed: npm install hyparquet hyparquet-writer hyparquet-compressors',
      { cause, retryable: false },
    );
  }
}
