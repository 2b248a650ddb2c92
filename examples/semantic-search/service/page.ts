/* The files of the page, read once: what is served was there when the service began, whatever a path says. */
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';

const types: { readonly [extension: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

export interface PageFile {
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** By name; `index.html` is the page. */
export async function readPage(folder: string): Promise<ReadonlyMap<string, PageFile>> {
  const names = (await readdir(folder)).filter((name) => Object.hasOwn(types, extname(name)));
  const files = names.map(async (name): Promise<[string, PageFile]> => {
    return [name, { type: types[extname(name)]!, body: new Uint8Array(await readFile(join(folder, name))) }];
  });
  return new Map(await Promise.all(files));
}
