import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { connect } from '../../src/connect.ts';
import type { Harness } from '../harness.ts';

/** A real server under test, on 127.0.0.1 with a data directory of its own. */
export interface TestServer {
  /** For `connect`, for example `milvus://127.0.0.1:40001`. */
  readonly url: string;
  readonly port: number;
  /** Where its data and logs are; removed by `stop`, kept if it fails. */
  readonly directory: string;
  stop(): Promise<void>;
}

export type MilvusKind = 'milvus' | 'milvus-lite';

const root = fileURLToPath(new URL('../../', import.meta.url));
const helper = fileURLToPath(new URL('milvus_server.py', import.meta.url));

/**
 * Intervals in milliseconds after which the server does what calls wait for. By default a read after a write waits 200 ms for the next tick of
 * the clock, and a new collection 3 s until it is loaded: hours for a suite of thousands of such calls. What a call sees does not depend on it.
 */
const intervals = {
  'proxy.timeTickInterval': 20,
  'rootCoord.dmlChannelNum': 2,
  'queryCoord.checkChannelInterval': 50,
  'queryCoord.checkSegmentInterval': 50,
  'queryCoord.distPullInterval': 50,
};

/**
 * Starts a real Milvus 2.3.5 (about 2.5 s) or milvus-lite 3.2.2 (about 1 s). It ends with `stop`, and also when this process ends in any
 * other way.
 *
 * @throws if the server is not installed (`node scripts/servers.mjs` does it) or does not start; the message names its log.
 */
export async function startMilvus(
  kind: MilvusKind,
  settings: Readonly<Record<string, string | number>> = {},
): Promise<TestServer> {
  const python = join(root, '.cache/servers', kind, 'bin/python');
  if (!existsSync(python)) throw new Error(`${kind} is not installed; run: node scripts/servers.mjs`);
  const runs = join(root, '.cache/servers/runs');
  mkdirSync(runs, { recursive: true });
  const directory = mkdtempSync(join(runs, `${kind}-`));
  // Where the processor is overbooked the server would take its own silence for the death of its parts, and exit.
  const all = {
    ...intervals,
    'log.level': 'warn',
    'queryNode.gcenabled': 'false',
    'common.session.ttl': 600,
    ...settings,
  };
  const given = Object.entries(all).map(([name, value]) => `${name}=${value}`);
  const child = spawn(python, [helper, 'run', kind, directory, ...given], { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let problem = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    problem += text;
  });
  const stop = async () => {
    child.ref();
    child.stdin.end();
    await ended;
  };
  const port = await Promise.race([readPort(child.stdout), ended.then(() => undefined)]);
  if (port === undefined) {
    await stop();
    throw new Error(`${kind} did not start: ${problem.trim() || `see ${join(directory, 'server.log')}`}`);
  }
  // An idle child must not keep the test process alive.
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr])
    if ('unref' in stream && typeof stream.unref === 'function') stream.unref();
  return {
    url: `milvus://127.0.0.1:${port}`,
    port,
    directory,
    async stop() {
      const died = child.exitCode !== null;
      await stop();
      if (died) throw new Error(`${kind} ended before it was stopped; see ${join(directory, 'server.log')}`);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A client of the official SDK. */
interface ReadyClient {
  closeConnection(): Promise<unknown>;
}

/**
 * For the conformance suite: the server on a port of 127.0.0.1, or without one a server of its own; for `milvus` the one at
 * `$ANYVEC_TEST_MILVUS_URL` where that is set.
 *
 * @param client A client of another version of the SDK, by the server's URL.
 */
export function milvusHarness(kind: MilvusKind, port?: number, client?: (url: string) => ReadyClient): Harness {
  const given = kind === 'milvus' ? process.env.ANYVEC_TEST_MILVUS_URL : undefined;
  let own: Promise<TestServer> | undefined;
  const clients: ReadyClient[] = [];
  const urlOf = async () => {
    if (given !== undefined) return given;
    if (port !== undefined) return `milvus://127.0.0.1:${port}`;
    own ??= startMilvus(kind);
    return (await own).url;
  };
  const open = async () => {
    const url = await urlOf();
    if (client === undefined) return connect(url);
    const ready = client(url);
    clients.push(ready);
    return connect({ provider: 'milvus', client: ready });
  };
  return {
    name: `${kind}${given === undefined ? '' : ' at $ANYVEC_TEST_MILVUS_URL'}`,
    open,
    reopen: open,
    createOptions: { index: { type: 'flat' } },
    close: async () => {
      await Promise.all(clients.map((ready) => ready.closeConnection()));
      await (await own)?.stop();
    },
    budget: { filters: 60, documents: 150, sequences: 8, operations: 20, caseTimeoutMs: 300_000 },
  };
}

async function readPort(output: NodeJS.ReadableStream): Promise<number> {
  const lines = createInterface({ input: output });
  for await (const line of lines) {
    const said: unknown = JSON.parse(line);
    if (typeof said === 'object' && said !== null && 'port' in said && typeof said.port === 'number') {
      lines.close();
      return said.port;
    }
  }
  throw new Error('the server said nothing before it ended');
}
