import type { BoundedReader, TableLayout } from '../../src/files/table-layout.ts';

/*
 * Index files of hnswlib (little-endian, 64-bit): a header of 96 bytes; per element a row of fixed size with links of level 0 (a count, then
 * ids), vector and label; then per element the byte length of its upper links, and those links. The third byte of a row marks a deletion.
 */
const headerBytes = 96;

/**
 * Where the vectors and their labels are.
 *
 * @param dimension What it must be; undefined: what the sizes say.
 * @throws `Corruption`
 */
export function hnswlibLayout(reader: BoundedReader, dimension: number | undefined): TableLayout {
  reader.require(0, headerBytes);
  const [base, capacity, count, rowBytes, labelAt, vectorAt] = [0, 8, 16, 24, 32, 40].map((at) => reader.size64(at));
  const upperLinks = reader.size64(56);
  const baseLinks = reader.size64(64);
  if (base !== 0 || count! > capacity!) throw reader.corrupt('it does not begin as an index of hnswlib does');
  if (vectorAt !== 4 + 4 * baseLinks || rowBytes !== labelAt! + 8)
    throw reader.corrupt('the parts of a row do not follow one another');
  const found = (labelAt! - vectorAt!) / 4;
  if (!Number.isInteger(found) || found < 1 || found > 65_536)
    throw reader.corrupt(`between links and label there is no vector, but ${labelAt! - vectorAt!} bytes`);
  if (dimension !== undefined && dimension !== found)
    throw reader.corrupt(`its vectors have ${found} numbers, not ${dimension}`);
  const end = skipUpperLinks(reader, reader.skip(headerBytes, count!, rowBytes!), count!, 4 + 4 * upperLinks);
  if (end !== reader.size) throw reader.corrupt(`the index ends at byte ${end}, and the file at byte ${reader.size}`);
  const segment = {
    count: count!,
    stride: rowBytes!,
    vectorAt: headerBytes + vectorAt!,
    labels: { at: headerBytes + labelAt!, stride: rowBytes!, signed: false },
    deletedAt: headerBytes + 2,
  };
  return { dimension: found, element: 'f4', segments: count === 0 ? [] : [segment] };
}

function skipUpperLinks(reader: BoundedReader, at: number, count: number, levelBytes: number): number {
  for (let i = 0; i < count; i++) {
    const length = reader.view(at, 4).getUint32(0, true);
    if (length % levelBytes !== 0) throw reader.corrupt(`the upper links at byte ${at} have a wrong length`);
    at = reader.skip(at + 4, length, 1);
  }
  return at;
}
