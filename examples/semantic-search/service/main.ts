/*
 * The service by a configuration file:
 *
 *   npm run search -- serve config.json            # reads the sources, serves, and goes on until SIGTERM or Ctrl-C
 *   npm run search -- serve config.json --ingest   # reads the sources, and ends
 */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { Embedder } from '../embedder.ts';
import { hashingEmbedder } from '../embedders/hashing.ts';
import { miniLmEmbedder } from '../embedders/minilm.ts';
import { ingest } from '../ingest/ingest.ts';
import { readSource } from '../ingest/source.ts';
import { configSchema, type ServiceConfig } from './config.ts';
import { listen } from './listen.ts';
import { openService, type Service } from './service.ts';

const say = (text: string) => console.error(text);

/** Exit codes: 0 ended as asked, 1 an error, 2 a wrong command line or configuration. */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { ingest: { type: 'boolean' } } });
  const [path] = positionals;
  if (path === undefined || positionals.length > 1) {
    say('usage: serve CONFIG.json [--ingest]');
    return 2;
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const config = await readConfig(path);
  if (config === undefined) return 2;
  const embedders = await openEmbedders(config, dirname(resolve(path)));
  const ready = Object.values(embedders).map((embedder) => embedder.ready?.());
  for (const each of ready) each?.catch((error: unknown) => say(textOf(error)));
  const ended = new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve(), { once: true }));
  try {
    const service = await openService(config, { embedders });
    if (values.ingest) {
      await Promise.all(ready);
      await readSources(service, stop.signal).finally(() => service.close());
      return 0;
    }
    const listening = await listen(service);
    say(`listening at ${listening.url}`);
    // With a model at hand everything is written once; without one it is found by its words.
    const reading = Promise.race([Promise.allSettled(ready), ended])
      .then(() => readSources(service, stop.signal))
      .catch((error: unknown) => say(`ingestion: ${textOf(error)}`));
    await ended;
    say('ending: no further requests');
    await reading;
    const isComplete = await listening.close();
    say(isComplete ? 'ended' : 'ended; some requests took too long and were cut off');
    return 0;
  } finally {
    for (const embedder of Object.values(embedders)) await embedder.close?.();
  }
}

/** `$PORT` and `$HOST` go before what the file says. */
async function readConfig(path: string): Promise<ServiceConfig | undefined> {
  const { PORT, HOST } = process.env;
  const json: unknown = JSON.parse(await readFile(path, 'utf8'));
  const given = z.record(z.string(), z.unknown()).parse(json);
  const checked = configSchema.safeParse({
    ...given,
    ...(PORT !== undefined && { port: Number(PORT) }),
    ...(HOST !== undefined && { host: HOST }),
  });
  if (checked.success) return checked.data;
  say(`${path}:\n${z.prettifyError(checked.error)}`);
  return undefined;
}

async function openEmbedders(config: ServiceConfig, folder: string): Promise<Record<string, Embedder>> {
  const names = new Set([config.embedder, ...config.variants.flatMap(({ embedder }) => embedder ?? [])]);
  const embedders: Record<string, Embedder> = {};
  for (const name of names) if (name !== 'none') embedders[name] = await openEmbedder(name, folder);
  return embedders;
}

const embedderModule = z.object({
  default: z.custom<() => Embedder | Promise<Embedder>>((value) => typeof value === 'function'),
});

async function openEmbedder(name: string, folder: string): Promise<Embedder> {
  if (name === 'minilm') return miniLmEmbedder({ onStatus: say });
  if (name === 'hashing') return hashingEmbedder();
  const loaded = embedderModule.parse(await import(pathToFileURL(resolve(folder, name)).href));
  return loaded.default();
}

/** One after the other; a line for each, and every ten seconds. */
async function readSources({ config, documents }: Service, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  for (const { path, tenant, prune, columns } of config.sources) {
    let told = performance.now();
    const stream = await readSource(path, columns);
    const report = await ingest(documents, stream, {
      ...{ tenant, source: path, prune, signal },
      onProgress({ read, upserted }) {
        if (performance.now() - told < 10_000) return;
        told = performance.now();
        say(`${path}: ${read} documents read, ${upserted} written`);
      },
    });
    const { read, upserted, unchanged, removed, failed } = report;
    say(
      `${path}: ${read} documents: ${upserted} written, ${unchanged} unchanged, ${removed} removed, ${failed} failed`,
    );
  }
}

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

try {
  process.exitCode = await main();
} catch (error) {
  say(textOf(error));
  process.exitCode = 1;
}
