/** Node only. A collection as a matrix for numpy, with its ids and payloads as JSON lines. */
import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { connect } from '../connect.ts';
import type { VectorDatabase } from '../database.ts';
import { VectorStoreError } from '../errors.ts';
import { linesBeside, type MatrixRow, writeMatrix } from '../files/matrix-writer.ts';
import { isAccepted } from '../migrate/holdable.ts';
import { type LeftOut, type MigrateOptions, renderVerification, type Verification, verify } from '../migrate/index.ts';
import { inNamespace, type NamespaceScope, namespacesInScope } from '../migrate/scope.ts';
import type { VectorStore } from '../store.ts';
import { progressOn } from '../terminal/progress.ts';
import { interruptible } from '../terminal/prompt.ts';
import { type Connection, nameOf } from './connection.ts';
import { UsageError } from './errors.ts';
import type { MigrationCommandOptions } from './migration-options.ts';

/** Whether a path is that of a matrix. */
export const isMatrixPath = (path: string): boolean => /^[^:]*\.npy$/i.test(path);

/** Resolves to the exit code. @param name Of the collection. */
export async function exportMatrix(
  from: Connection,
  name: string,
  path: string,
  given: MigrationCommandOptions,
): Promise<number> {
  if (given.migrate.resume)
    throw new UsageError('a matrix is written whole or not at all: start again without --resume');
  const { signal, stop } = interruptible(['SIGINT', 'SIGTERM']);
  const options = { ...given.migrate, signal, sourceName: nameOf(from), targetName: `npy:${path}` };
  let source: VectorDatabase | undefined;
  try {
    source = await connect(from);
    const store = await source.collection(name, { signal });
    const job = await jobOf(store, path, options);
    const summary = `${job.total.toLocaleString('en')} records of ${name}, ${store.dimension} numbers each`;
    if (given.dryRun) {
      print(given.json, { path, records: job.total }, `plan     ${nameOf(from)} → ${path}: ${summary}`);
      return 0;
    }
    const records = await write(store, path, job, options);
    const verification =
      options.verify === 'none'
        ? undefined
        : await compare(source, store, path, job, { ...options, verify: options.verify ?? 'full' });
    const report = {
      path,
      lines: linesBeside(path),
      records,
      leftOut: job.leftOut,
      ...(verification && { verification }),
    };
    if (given.report !== undefined) await writeFile(given.report, `${JSON.stringify(report, null, 2)}\n`);
    const text = [
      `export   ${summary}`,
      `         ${records.toLocaleString('en')} rows in ${path}, ids and payloads in ${linesBeside(path)}; read again by npy:${path}?metric=${store.metric}`,
      ...job.leftOut.slice(0, 20).map(({ id, detail }) => `         left out ${JSON.stringify(id)}: ${detail}`),
      verification === undefined ? 'result   written; not verified' : renderVerification(verification),
    ];
    print(given.json, report, text.join('\n'));
    return verification === undefined || verification.ok ? 0 : 1;
  } catch (error) {
    if (!signal.aborted) throw error;
    process.stderr.write('stopped; nothing was written\n');
    return 130;
  } finally {
    stop();
    await source?.close();
  }
}

function print(asJson: boolean, report: object, text: string): void {
  process.stdout.write(`${asJson ? JSON.stringify(report) : text}\n`);
}

/** What is written. */
interface MatrixJob {
  readonly namespace: NamespaceScope;
  readonly total: number;
  readonly leftOut: LeftOut[];
}

/** @throws `Unsupported` where records of several namespaces would become one matrix. */
async function jobOf(store: VectorStore, path: string, options: MigrateOptions): Promise<MatrixJob> {
  const call = { ...(options.signal && { signal: options.signal }) };
  const held: { namespace: NamespaceScope; total: number }[] = [];
  for (const namespace of await namespacesInScope(store, options, options.signal)) {
    const total = await inNamespace(store, namespace.source).count(options.where, call);
    if (total > 0) held.push({ namespace, total });
  }
  if (held.length > 1) {
    const names = held.map(({ namespace }) => JSON.stringify(namespace.source)).join(', ');
    throw new VectorStoreError(
      'Unsupported',
      `${path} cannot hold several namespaces (${names}): export one with --namespace, or all to JSON lines or Parquet`,
    );
  }
  const { namespace, total } = held[0] ?? { namespace: { source: '', target: '' }, total: 0 };
  return { namespace, total, leftOut: [] };
}

async function write(store: VectorStore, path: string, job: MatrixJob, options: MigrateOptions): Promise<number> {
  const bar = progressOn(process.stderr).begin('writing records', job.total, job.total, 'records');
  async function* rows(): AsyncGenerator<MatrixRow> {
    const { signal, where } = options;
    const scan = inNamespace(store, job.namespace.source).scan({
      ...(signal && { signal }),
      ...(where && { filter: where }),
    });
    let done = 0;
    for await (const { id, vector, payload } of scan) {
      done += 1;
      if (done % 1_000 === 0) bar.update(done, done);
      if (vector === null) leaveOut(id, store, job, options);
      else yield { id, vector, payload };
    }
  }
  try {
    return await writeMatrix(path, store.dimension, rows());
  } finally {
    bar.end();
  }
}

function leaveOut(id: string, store: VectorStore, { namespace, leftOut }: MatrixJob, options: MigrateOptions): void {
  const detail = 'it has no vector, and a matrix has one in each row';
  if (!isAccepted('null-vector', options.allowLossy))
    throw new VectorStoreError(
      'Unsupported',
      `the record ${JSON.stringify(id)}: ${detail}; --allow null-vector leaves such out`,
    );
  leftOut.push({ collection: store.name, namespace: namespace.source, id, code: 'null-vector', detail });
}

/** Reads the files again. Declared fields have no place in them. */
async function compare(
  source: VectorDatabase,
  store: VectorStore,
  path: string,
  { namespace, leftOut }: MatrixJob,
  options: MigrateOptions,
): Promise<Verification> {
  const target = await connect({ provider: 'npy', path, metric: store.metric });
  try {
    return await verify(source, target, {
      ...options,
      collections: { [store.name]: basename(path).replace(/\.[^.]+$/, '') },
      namespaces: { [namespace.source]: '' },
      allowLossy: ['field-type', 'vector-rounding'],
      leftOut,
    });
  } finally {
    await target.close();
  }
}
