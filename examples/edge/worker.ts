/** A web worker: keeps searching off the page's thread. A message is a path with a query; the answer is `[status, body]`. */
import { searchService } from './search.ts';

declare const self: {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  postMessage(message: readonly [path: unknown, status: number, body: unknown]): void;
  readonly location: { readonly href: string };
};

const search = searchService(async () => {
  const response = await fetch(new URL('articles.bin', self.location.href));
  if (!response.ok) throw new TypeError(`articles.bin: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
});

self.onmessage = async ({ data }) => {
  const response = await search(new Request(new URL(String(data), self.location.href)));
  self.postMessage([data, response.status, await response.json()]);
};
