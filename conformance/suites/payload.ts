import type { FieldType, JsonValue } from '../../src/types.ts';
import { deepEqual, equal, ok, rejects } from '../assertions.ts';
import { defineSuite } from '../case.ts';
import { malformedPayloads, nestedPayload, payloads } from '../corpus.ts';
import { idsOf, malformed, numbered, scanned, vectorFor } from '../reads.ts';

const vector = vectorFor(1);

/** What a declared field may hold beside null and arrays, and what not. */
const declared: Readonly<Record<FieldType, { good: readonly JsonValue[]; bad: readonly JsonValue[] }>> = {
  keyword: { good: ['', 'x', '1'], bad: [1, true, {}, { a: 'x' }, [['x']], ['x', 1], ['x', null], [{}]] },
  text: { good: ['', 'some words'], bad: [1, false, {}, ['x', 2]] },
  number: { good: [0, -1.5, 2 ** 53 - 1], bad: ['1', true, {}, [1, '2'], [1, null], [[1]]] },
  boolean: { good: [true, false], bad: [0, 1, 'true', {}, [true, 1]] },
  datetime: {
    good: [
      '2024-02-29T12:30:45Z',
      '2024-02-29T12:30:45.1Z',
      '2024-02-29T12:30:45.123+02:00',
      '2024-02-29t12:30:45z',
      '0001-01-01T00:00:00Z',
      '9999-12-31T23:59:59.999-23:59',
    ],
    bad: [
      '2024-02-29',
      '2024-02-29T12:30:45',
      '2024-02-29 12:30:45Z',
      '2024-02-29T12:30Z',
      '2024-02-29T12:30:45.1234Z',
      '2024-02-30T12:30:45Z',
      '2023-02-29T12:30:45Z',
      '2024-13-01T00:00:00Z',
      '2024-00-01T00:00:00Z',
      '2024-01-01T24:00:00Z',
      '2024-01-01T23:60:00Z',
      '2024-01-01T23:59:60Z',
      '2024-01-01T00:00:00+24:00',
      '2024-01-01T00:00:00+0200',
      ' 2024-01-01T00:00:00Z',
      '24-01-01T00:00:00Z',
      'yesterday',
      '',
      1_700_000_000,
      {},
      ['2024-01-01T00:00:00Z', 'x'],
    ],
  },
};

export const payloadSuite = defineSuite('payload', ['upsert', 'get', 'count', 'scan'], (it, capabilities) => {
  for (const [what, payload] of Object.entries(payloads)) {
    it(`comes back deep-equal: ${what}`, async (t) => {
      const store = await t.scratch();
      await store.upsert([
        { id: 'a', vector, payload },
        { id: 'b', vector, payload: {} },
      ]);
      deepEqual((await store.get('a'))?.payload, payload, 'by get');
      deepEqual((await scanned(store)).find((record) => record.id === 'a')?.payload, payload, 'by scan');
      const found = await store.search(vector, { ...t.exactly, k: 2 });
      deepEqual(found.find((match) => match.id === 'a')?.payload, payload, 'by search');
      if (t.meets('filter')) {
        const page = await store.filter({}, { limit: 2 });
        deepEqual(page.records.find((record) => record.id === 'a')?.payload, payload, 'by filter');
      }
      equal(Object.hasOwn(Object.prototype, 'polluted') || 'polluted' in {}, false, 'a polluted prototype');
    });
  }

  it('64 levels of nesting come back; −0 comes back as 0; members that are undefined are left out', async (t) => {
    const store = await t.scratch();
    await store.upsert({ id: 'deep', vector, payload: nestedPayload(64) });
    deepEqual((await store.get('deep'))?.payload, nestedPayload(64), '64 levels');
    await store.upsert({ id: 'zero', vector, payload: { a: -0, b: [-0, { c: -0 }] } });
    deepEqual((await store.get('zero'))?.payload, { a: 0, b: [0, { c: 0 }] }, 'zeros');
    await store.upsert({ id: 'gaps', vector, payload: { a: 1, b: undefined, c: { d: malformed(undefined) } } });
    deepEqual((await store.get('gaps'))?.payload, { a: 1, c: {} }, 'undefined members');
  });

  it('an omitted payload is {}, and so it comes back', async (t) => {
    const store = await t.scratch();
    await store.upsert({ id: 'a', vector });
    deepEqual((await store.get('a'))?.payload, {}, 'payload');
  });

  it('an object without a prototype is a payload like any other', async (t) => {
    const store = await t.scratch();
    const payload: Record<string, JsonValue> = Object.assign(Object.create(null), { a: 1, b: Object.create(null) });
    await store.upsert({ id: 'a', vector, payload });
    deepEqual((await store.get('a'))?.payload, { a: 1, b: {} }, 'payload');
  });

  for (const kilobytes of [63, 100, 1_000]) {
    const bytes = kilobytes * 1_024;
    const holds = bytes <= capabilities.limits.payloadBytes;
    it(`a payload of ${kilobytes} KiB ${holds ? 'comes back deep-equal' : 'is refused'}`, async (t) => {
      const store = await t.scratch();
      const payload = { head: null, nested: { list: [1, '1', true, null] }, text: '' };
      payload.text = 'é'.repeat((bytes - JSON.stringify(payload).length) / 2);
      const write = () => store.upsert([...numbered(1), { id: 'big', vector, payload }]);
      if (!holds) {
        await rejects('InvalidArgument', 'upsert', write);
        equal(await store.count(), 0, 'count');
        return;
      }
      await write();
      deepEqual((await store.get('big'))?.payload, payload, 'payload');
      deepEqual(idsOf(await scanned(store, { 'nested.list': '1' })), ['big'], 'found by what it holds');
    });
  }

  it('a payload beyond the limit of the capabilities is refused', async (t) => {
    const store = await t.scratch();
    const text = 'x'.repeat(t.capabilities.limits.payloadBytes);
    await rejects('InvalidArgument', 'upsert', () =>
      store.upsert([...numbered(1), { id: 'big', vector, payload: { text } }]),
    );
    equal(await store.count(), 0, 'count');
  });

  it('what is no JSON is refused with the path at fault, and nothing of the array is written', async (t) => {
    const store = await t.scratch();
    for (const [what, payload, at] of malformedPayloads) {
      const records = [...numbered(2), { id: 'bad', vector, payload: malformed(payload) }];
      const error = await rejects('InvalidArgument', what, () => store.upsert(records));
      ok(
        error.message.includes('records[2].payload') && error.message.includes(at),
        `${what}: the message names the path: ${error.message}`,
      );
    }
    equal(await store.count(), 0, 'count');
  });

  it('a payload that refers to itself is refused', async (t) => {
    const store = await t.scratch();
    const payload: Record<string, unknown> = {};
    payload.self = payload;
    await rejects('InvalidArgument', 'upsert', () => store.upsert({ id: 'a', vector, payload: malformed(payload) }));
  });

  it('a getter that throws is bad input, not a crash', async (t) => {
    const store = await t.scratch();
    const payload = {
      get bad(): string {
        throw new RangeError('from a getter');
      },
    };
    await rejects('InvalidArgument', 'upsert', () => store.upsert({ id: 'a', vector, payload }));
    equal(await store.count(), 0, 'count');
  });

  for (const [type, { good, bad }] of Object.entries(declared)) {
    it(
      `a field declared ${type} holds nothing, null, its type or arrays of it; all else is refused`,
      [`field ${type as FieldType}`],
      async (t) => {
        const store = await t.scratch({ fields: { f: type as FieldType, 'o.f': type as FieldType } });
        const fine: (JsonValue | undefined)[] = [undefined, null, [], ...good, [...good]];
        await store.upsert(
          fine.map((f, i) => ({ id: `good${i}`, vector, payload: { ...(f !== undefined && { f, o: { f } }) } })),
        );
        const back = await store.get(fine.map((_, i) => `good${i}`));
        for (const [i, f] of fine.entries())
          deepEqual(back[i]?.payload, f === undefined ? {} : { f, o: { f } }, `good${i}`);
        for (const f of bad) {
          for (const payload of [{ f }, { o: { f } }]) {
            await rejects('InvalidArgument', JSON.stringify(payload), () =>
              store.upsert([...numbered(1), { id: 'bad', vector, payload }]),
            );
          }
        }
        equal(await store.count(), fine.length, 'count');
        await store.upsert({ id: 'elsewhere', vector, payload: { g: bad[0]!, o: 'no object', 'o.f': bad[0]! } });
      },
    );
  }
});
