/** The library's index files on disk: read, written, and changed where the addon has no setter. */
import { closeSync, openSync, readFileSync, readSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { withTemporaryFile } from '../../src/engine/index/addon/temporary-file.ts';
import type { FaissModule, NativeIndex } from './client.ts';
import { type ByteSource, checked, type EffortFields, type Field, fieldBytes, findEffort } from './serialized.ts';

/** How hard an index tries. What it has no field for is left alone. */
export interface Effort {
  readonly efConstruction?: number;
  readonly efSearch?: number;
  readonly nprobe?: number;
  readonly coarseEfSearch?: number;
}

/**
 * The same index with another effort.
 *
 * @param roomBytes An upper bound of its file's size.
 * @throws `Unavailable` without room in the temporary directory.
 */
export function reload(addon: FaissModule, index: NativeIndex, effort: Effort, roomBytes: number): NativeIndex {
  return withTemporaryFile(roomBytes, (path) => {
    index.write(path);
    setEffort(path, effort);
    return addon.Index.read(path);
  });
}

/** The bytes of an index file. */
export function toBytes(index: NativeIndex, roomBytes: number, effort: Effort = {}): Uint8Array {
  return withTemporaryFile(roomBytes, (path) => {
    index.write(path);
    setEffort(path, effort);
    return readFileSync(path);
  });
}

/** An index from the bytes of its file, which nobody has changed since. */
export function fromBytes(addon: FaissModule, bytes: Uint8Array): NativeIndex {
  return withTemporaryFile(bytes.byteLength, (path) => {
    writeFileSync(path, bytes);
    return addon.Index.read(path);
  });
}

function setEffort(path: string, effort: Effort): void {
  const file = openSync(path, 'r+');
  try {
    const fields = findEffort(fileSource(file, statSync(path).size));
    for (const [field, value] of changes(fields, effort))
      writeSync(file, fieldBytes(field, value), 0, field.bytes, field.at);
  } finally {
    closeSync(file);
  }
}

function changes(fields: EffortFields, effort: Effort): [Field, number][] {
  const pairs: [Field | undefined, number | undefined][] = [
    [fields.efConstruction, effort.efConstruction],
    [fields.efSearch, effort.efSearch],
    [fields.nprobe, effort.nprobe],
    [fields.coarseEfSearch, effort.coarseEfSearch],
  ];
  return pairs.filter((pair): pair is [Field, number] => pair[0] !== undefined && pair[1] !== undefined);
}

function fileSource(file: number, size: number): ByteSource {
  return {
    size,
    read(at, length) {
      const bytes = new Uint8Array(length);
      if (readSync(file, bytes, 0, length, checked(at, length, size)) !== length)
        throw new RangeError('beyond the end');
      return new DataView(bytes.buffer);
    },
  };
}
