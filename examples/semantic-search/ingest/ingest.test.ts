import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Document } from '../documents.ts';
import { hashingEmbedder } from '../embedders/hashing.ts';
import { testService } from '../service/test-service.ts';
import { ingest } from './ingest.ts';
import { readSource } from './source.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ingest-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const write = async (name: string, content: string | Uint8Array) => {
  await writeFile(join(folder, name), content);
  return join(folder, name);
};
const all = async (path: string, columns?: Parameters<typeof readSource>[1]) => {
  const documents: Document[] = [];
  for await (const document of await readSource(path, columns)) documents.push(document);
  return documents;
};

describe('documents are read from', () => {
  it('CSV: quoted line breaks, a byte order mark, numbers and booleans as such, but no text that only looks like one', async () => {
    const path = await write(
      'a.csv',
      '\ufeffid,title,body,year,code,draft,empty\r\n7,"A ""b""","one\r\ntwo, three",2024,007,true,\r\n8,,x,1.50,,false,\r\n',
    );
    expect(await all(path, { text: 'body' })).toEqual([
      { id: '7', title: 'A "b"', text: 'one\r\ntwo, three', payload: { year: 2024, code: '007', draft: true } },
      { id: '8', text: 'x', payload: { year: '1.50', draft: false } },
    ]);
  });

  it('tab-separated values', async () => {
    expect(await all(await write('a.tsv', 'id\ttext\n1\ta, b\n'))).toEqual([{ id: '1', text: 'a, b', payload: {} }]);
  });

  it('JSON lines: nested payloads as they are', async () => {
    const path = await write('a.jsonl', '{"id":5,"text":"one","tags":["x",{"y":null}]}\n\n{"text":"two"}');
    expect(await all(path)).toEqual([
      { id: '5', text: 'one', payload: { tags: ['x', { y: null }] } },
      { text: 'two', payload: {} },
    ]);
  });

  it('Parquet: dates as RFC 3339, 64-bit integers as numbers, nulls left out', async () => {
    const file = parquetWriteBuffer({
      columnData: [
        { name: 'id', data: ['p1', 'p2'], type: 'STRING' },
        { name: 'text', data: ['one', 'two'], type: 'STRING' },
        { name: 'views', data: [12n, 2n ** 60n], type: 'INT64' },
        { name: 'at', data: [new Date('2024-05-06T07:08:09Z'), null], type: 'TIMESTAMP', nullable: true },
      ],
    });
    expect(await all(await write('a.parquet', new Uint8Array(file)))).toEqual([
      { id: 'p1', text: 'one', payload: { views: 12, at: '2024-05-06T07:08:09.000Z' } },
      { id: 'p2', text: 'two', payload: { views: '1152921504606846976' } },
    ]);
  });

  it('a folder of Markdown, at any depth, without node_modules and without following links', async () => {
    await mkdir(join(folder, 'docs/guide/node_modules'), { recursive: true });
    await write('docs/readme.md', '# Read me\n\nHello.');
    await write('docs/guide/start.MDX', 'no heading');
    await write('docs/guide/empty.md', ' \n');
    await write('docs/guide/node_modules/x.md', '# no');
    await write('docs/code.ts', '# no');
    await symlink(folder, join(folder, 'docs/loop'));
    expect(await all(join(folder, 'docs'))).toEqual([
      {
        id: 'guide/start.MDX',
        title: 'guide/start.MDX',
        text: 'no heading',
        payload: { file: 'guide/start.MDX' },
        format: 'markdown',
      },
      {
        id: 'readme.md',
        title: 'Read me',
        text: '# Read me\n\nHello.',
        payload: { file: 'readme.md' },
        format: 'markdown',
      },
    ]);
  });

  it.each([
    ['broken.jsonl', '{"text":"x"}\n{"text":', 'line 2: not JSON'],
    ['list.jsonl', '[1]', 'line 1: not a JSON object'],
    ['notext.jsonl', '{"id":"x"}', 'line 1: column text'],
    ['notext.csv', 'id,other\n1,2\n', 'record 1: column text'],
    ['broken.csv', 'id,text\n1,"x', 'Quote Not Closed'],
    ['x.docx', 'x', 'cannot read .docx'],
  ])('%s is refused, with its place', async (name, content, problem) => {
    await expect(all(await write(name, content))).rejects.toThrow(problem);
  });

  it('what is not there is NotFound', async () => {
    await expect(readSource(join(folder, 'nothing.csv'))).rejects.toMatchObject({ code: 'NotFound' });
  });
});

describe('ingesting again', () => {
  const text = (word: string) => `All about the ${word}. `.repeat(100);
  const version = (changed: string): Document[] => [
    { id: 'same', text: text('lion'), payload: { n: 1 } },
    { id: 'changed', text: text(changed), payload: {} },
    { id: 'payload', text: text('bear'), payload: { changed } },
  ];
  const counting = () => {
    const inner = hashingEmbedder();
    const embedded: string[] = [];
    const embed = (texts: readonly string[]) => {
      embedded.push(...texts);
      return inner.embed(texts);
    };
    return { embedded, embedder: { ...inner, embed } };
  };

  it('embeds and writes only what changed, and on request deletes what is gone from the same source', async () => {
    const { embedded, embedder } = counting();
    await using test = await testService({}, { embedders: { hashing: embedder } });
    const { documents, catalogue } = test.service;
    const run = (stream: Document[], prune = false) => ingest(documents, stream, { source: 'a', prune, batchSize: 2 });
    await test.send('POST', '/documents', { id: 'posted', text: 'Not of this source.' });
    await ingest(documents, [{ id: 'elsewhere', text: 'Of another source.', payload: {} }], { source: 'b' });

    expect(await run(version('tiger'))).toMatchObject({ read: 3, upserted: 3, unchanged: 0 });
    embedded.length = 0;
    expect(await run(version('tiger'))).toMatchObject({ read: 3, upserted: 0, unchanged: 3, chunks: 0 });
    expect(embedded).toEqual([]);

    const report = await run(version('wolf'));
    expect(report).toMatchObject({ upserted: 2, unchanged: 1 });
    expect(embedded.some((each) => each.includes('lion'))).toBe(false);

    expect(await run(version('wolf').slice(1))).toMatchObject({ removed: 0 });
    expect(await run(version('wolf').slice(1), true)).toMatchObject({ removed: 1 });
    const ids = new Set<string>();
    for await (const { payload } of catalogue.shelves[0]!.root.scan())
      ids.add(String((payload._doc as { id: string }).id));
    expect([...ids].sort()).toEqual(['changed', 'elsewhere', 'payload', 'posted']);
  });

  it('a write that was interrupted between two chunks is done again', async () => {
    await using test = await testService();
    const { documents, catalogue } = test.service;
    const store = catalogue.shelves[0]!.root;
    await ingest(documents, version('tiger'), { source: 'a' });
    // As if the process had died before the first chunk, which is written last.
    const upsert = store.upsert.bind(store);
    let writes = 0;
    store.upsert = (async (records: never) => {
      writes += 1;
      if (writes === 2) throw new Error('killed');
      return upsert(records);
    }) as typeof store.upsert;
    await expect(ingest(documents, version('wolf'), { source: 'a' })).rejects.toThrow('killed');
    store.upsert = upsert;
    expect(await ingest(documents, version('wolf'), { source: 'a' })).toMatchObject({ upserted: 2, unchanged: 1 });
    expect((await documents.get('', 'changed', catalogue.shelves[0]!))?.text).toBe(text('wolf'));
  });

  it('a patch stays until the source changes', async () => {
    await using test = await testService();
    await ingest(test.service.documents, version('tiger'), { source: 'a' });
    await test.send('PATCH', '/documents/same', { set: { starred: true } });
    await ingest(test.service.documents, version('tiger'), { source: 'a' });
    expect((await test.get('/documents/same')).body.payload).toEqual({ n: 1, starred: true });
  });
});
