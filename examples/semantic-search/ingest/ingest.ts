/* A stream of documents into the service's collections: in batches, and only what changed. */
import type { Document } from '../documents.ts';
import type { Documents } from '../service/documents.ts';

export interface IngestOptions {
  readonly tenant?: string;
  /** Names where the documents come from, for `prune`. */
  readonly source: string;
  /** Delete what came from the same source before and is not in the stream. Default false. */
  readonly prune?: boolean;
  /** Documents at once. Default 64. */
  readonly batchSize?: number;
  /** Told after each batch. */
  readonly onProgress?: (report: IngestReport) => void;
  readonly signal?: AbortSignal;
}

/** In documents; chunks in records. */
export interface IngestReport {
  readonly read: number;
  readonly upserted: number;
  readonly unchanged: number;
  readonly chunks: number;
  readonly failed: number;
  readonly removed: number;
}

/** Reads as fast as the store writes. What fails is counted and tried again next time; nothing is removed then. */
export async function ingest(
  documents: Pick<Documents, 'put' | 'prune'>,
  stream: AsyncIterable<Document> | Iterable<Document>,
  options: IngestOptions,
): Promise<IngestReport> {
  const { tenant = '', source, prune = false, batchSize = 64, onProgress = () => {}, signal } = options;
  const seen = new Set<string>();
  let report: IngestReport = { read: 0, upserted: 0, unchanged: 0, chunks: 0, failed: 0, removed: 0 };
  const put = async (batch: readonly Document[]) => {
    signal?.throwIfAborted();
    const { upserted, unchanged, chunks, failed, ids } = await documents.put(tenant, batch, {
      source,
      ...(signal && { signal }),
    });
    for (const id of ids) seen.add(id);
    report = {
      read: report.read + batch.length,
      upserted: report.upserted + upserted,
      unchanged: report.unchanged + unchanged,
      chunks: report.chunks + chunks,
      failed: report.failed + failed.length,
      removed: 0,
    };
    onProgress(report);
  };
  let batch: Document[] = [];
  for await (const document of stream) {
    batch.push(document);
    if (batch.length < batchSize) continue;
    await put(batch);
    batch = [];
  }
  if (batch.length > 0) await put(batch);
  if (!prune || report.failed > 0) return report;
  return { ...report, removed: await documents.prune(tenant, source, seen) };
}
