import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { declaredDocument, declaredFields, declaredFilter } from '../../../test/support/arbitrary-filters.ts';
import { printSeed, seed } from '../../../test/support/seed.ts';
import { evaluate } from '../../filter/evaluate.ts';
import { fieldsIn } from '../../filter/normal-form.ts';
import { parseFilter } from '../../filter/parse.ts';
import { atOnce } from '../../time-slice.ts';
import type { Payload } from '../../types.ts';
import { checkDeclaredFields, copyPayload } from '../../validate/payload.ts';
import { Bitset } from './bitset.ts';
import { PayloadTable } from './payload-table.ts';

printSeed('field indexes against the evaluator');
const documentsPerRun = 40;
const runs = process.env.ANYVEC_DEEP ? 50_000 : 5_000;

function matching(filter: object, payloads: readonly (Payload | undefined)[]): number[] {
  const node = parseFilter(filter, { fields: declaredFields });
  return payloads.flatMap((payload, slot) => (payload !== undefined && evaluate(node, payload) ? [slot] : []));
}

function resolved(filter: object, table: PayloadTable, live: Bitset): number[] {
  return [...atOnce(table.resolve(parseFilter(filter, { fields: declaredFields }), live))];
}

describe('field indexes', () => {
  it('give the same answers as the evaluator, also after documents were replaced and removed (>= 100,000 pairs)', () => {
    let pairs = 0;
    const documents = fc.array(declaredDocument, { minLength: documentsPerRun, maxLength: documentsPerRun });
    fc.assert(
      fc.property(
        documents,
        fc.array(declaredFilter, { minLength: 4, maxLength: 4 }),
        fc.infiniteStream(fc.nat(documentsPerRun - 1)),
        (given, filters, slots) => {
          const table = new PayloadTable(declaredFields);
          const live = new Bitset();
          const payloads: (Payload | undefined)[] = given.map((document) => copyPayload(document, 'payload'));
          payloads.forEach((payload, slot) => {
            checkDeclaredFields(payload!, declaredFields, 'payload');
            table.set(slot, payload!);
            live.add(slot);
          });
          for (let i = 0; i < 6; i++) {
            const [to, from, gone] = [...slots.take(3)] as [number, number, number];
            const moved = payloads[from] ?? {};
            table.set(to, moved);
            payloads[to] = moved;
            live.add(to);
            table.remove(gone);
            payloads[gone] = undefined;
            live.delete(gone);
          }
          for (const filter of filters) {
            expect(resolved(filter, table, live), JSON.stringify(filter)).toEqual(matching(filter, payloads));
            pairs += live.count();
          }
        },
      ),
      { seed, numRuns: runs / 5 },
    );
    console.log(`${pairs} (filter, document) pairs agree`);
    expect(pairs).toBeGreaterThanOrEqual(100_000);
  }, 240_000);

  it('made in slices from the payloads of a snapshot are those of payloads in memory, whatever is written meanwhile', async () => {
    const documents = fc.array(declaredDocument, { minLength: 300, maxLength: 300 });
    const writes = fc.infiniteStream(fc.tuple(fc.nat(320), fc.option(declaredDocument)));
    await fc.assert(
      fc.asyncProperty(documents, writes, declaredFilter, async (given, stream, filter) => {
        const payloads: (Payload | undefined)[] = given.map((document) => copyPayload(document, 'payload'));
        const texts = payloads.map((payload) => JSON.stringify(payload));
        const live = Bitset.of(payloads.map((_, slot) => slot));
        const from = { payload: (slot: number) => texts[slot]! };
        const table = new PayloadTable(declaredFields, { from, slots: live, length: payloads.length });
        const write = () => {
          const [[slot, document]] = [...stream.take(1)] as [[number, object | null]];
          if (document === null) {
            table.remove(slot);
            live.delete(slot);
            payloads[slot] = undefined;
            return;
          }
          const payload = copyPayload(document, 'payload');
          table.set(slot, payload);
          live.add(slot);
          payloads[slot] = payload;
        };
        for (let i = 0; i < 5; i++) write();
        const named = fieldsIn(parseFilter(filter, { fields: declaredFields }));
        await table.prepare(named, { pause: async () => write() });
        write();
        expect(resolved(filter, table, live), JSON.stringify(filter)).toEqual(matching(filter, payloads));
        for (const slot of live) expect(table.textAt(slot)).toBe(JSON.stringify(payloads[slot]));
      }),
      { seed, numRuns: 100 },
    );
  });

  it('answer only within the universe asked for', () => {
    const table = new PayloadTable({ kw: 'keyword' });
    for (const slot of [0, 1, 2]) table.set(slot, { kw: 'x' });
    expect(resolved({ kw: 'x' }, table, Bitset.of([1]))).toEqual([1]);
    expect(resolved({ kw: { $ne: 'y' } }, table, Bitset.of([0, 2]))).toEqual([0, 2]);
  });
});
