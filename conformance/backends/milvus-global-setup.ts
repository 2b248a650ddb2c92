import type { TestProject } from 'vitest/node';
import { prepareServers } from '../../scripts/servers.mjs';
import { startMilvus, type TestServer } from './milvus.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Ports on 127.0.0.1 of servers that all test files share: what a test creates there must have a name of its own. */
    readonly milvusPorts: { readonly milvus: number; readonly 'milvus-lite': number };
  }
}

/**
 * Starts a real Milvus and a milvus-lite for all test files, and installs them first where they are missing. Where that fails, so does the
 * test run.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await prepareServers();
  const started = await Promise.allSettled([startMilvus('milvus'), startMilvus('milvus-lite')]);
  const servers = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const [milvus, lite] = servers;
  if (milvus === undefined || lite === undefined) {
    await stopAll(servers);
    throw started.find((result) => result.status === 'rejected')?.reason;
  }
  project.provide('milvusPorts', { milvus: milvus.port, 'milvus-lite': lite.port });
  return () => stopAll(servers);
}

/** @throws if one has died meanwhile. */
async function stopAll(servers: readonly TestServer[]): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()));
}
