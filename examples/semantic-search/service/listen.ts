/* A service on a port, and how it ends. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { Service } from './service.ts';

export interface Listening {
  readonly url: string;
  readonly port: number;
  /**
   * Takes no further request, waits for those under way (at most `limits.graceMs`, then they are cut off), and closes the service.
   * True: all of them were answered.
   */
  close(): Promise<boolean>;
}

/** @throws where the port is taken. */
export async function listen(service: Service): Promise<Listening> {
  const { host, port, limits } = service.config;
  const server = createAdaptorServer({
    fetch: service.app.fetch,
    createServer,
    // Who sends a request a byte at a time does not hold a connection for ever.
    serverOptions: { headersTimeout: 10_000, requestTimeout: limits.timeoutMs, keepAliveTimeout: 5_000 },
  }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address() as AddressInfo;
  let closing: Promise<boolean> | undefined;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    port: address.port,
    close() {
      closing ??= closeServer(server, limits.graceMs).then(async (isComplete) => {
        await service.close();
        return isComplete;
      });
      return closing;
    },
  };
}

async function closeServer(server: Server, graceMs: number): Promise<boolean> {
  let isComplete = true;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  // A connection that was busy becomes idle with its last answer.
  const sweep = setInterval(() => server.closeIdleConnections(), 100);
  const cut = setTimeout(() => {
    isComplete = false;
    server.closeAllConnections();
  }, graceMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
  return isComplete;
}
