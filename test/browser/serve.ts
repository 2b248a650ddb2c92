import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, posix } from 'node:path';

/** A server on 127.0.0.1 for one page. */
export interface PageServer {
  /** Of the page. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves a page that has these import maps, and the scripts of some directories below their names: nothing else.
 *
 * @param imports Specifiers with their paths on the server.
 * @param directories First parts of paths with the directory that each stands for.
 */
export async function servePage(
  imports: Readonly<Record<string, string>>,
  directories: Readonly<Record<string, string>>,
): Promise<PageServer> {
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>anyvec</title><link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify({ imports })}</script></html>`;
  const server = createServer(async ({ url = '/' }, response) => {
    const [, name = '', ...rest] = posix
      .normalize(decodeURIComponent(new URL(url, 'http://localhost').pathname))
      .split('/');
    const directory = directories[name];
    if (name === '') return void response.setHeader('content-type', 'text/html').end(page);
    const file = directory === undefined ? undefined : join(directory, ...rest);
    if (file === undefined || !['.js', '.mjs'].includes(extname(file))) return void response.writeHead(404).end();
    try {
      const script = await readFile(file);
      response.setHeader('content-type', 'text/javascript').end(script);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => closed(server) };
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
