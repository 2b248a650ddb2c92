/* Documents from a folder of Markdown: a file is one. */
import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Document } from '../documents.ts';

const skipped = new Set(['node_modules', '.git']);

/** Every `.md` and `.mdx` file below a folder, by path. Its id is the path, its title the first heading. Empty files are skipped. */
export async function* readMarkdown(folder: string): AsyncGenerator<Document> {
  for (const path of (await filesBelow(folder, '')).sort()) {
    const text = (await readFile(join(folder, path), 'utf8')).replace(/^\uFEFF/, '').toWellFormed();
    if (text.trim() === '') continue;
    const id = path.split(sep).join('/');
    const heading = /^ {0,3}#{1,6}[ \t]+(.+)/m.exec(text)?.[1]?.trim();
    yield { id, title: heading ?? id, text, payload: { file: id }, format: 'markdown' };
  }
}

/** Symbolic links are not followed: they may lead out of the folder, or round in circles. */
async function filesBelow(folder: string, below: string): Promise<string[]> {
  const entries = await readdir(join(folder, below), { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(below, entry.name);
      if (entry.isDirectory()) return skipped.has(entry.name) ? [] : filesBelow(folder, path);
      return entry.isFile() && /\.mdx?$/i.test(entry.name) ? [path] : [];
    }),
  );
  return found.flat();
}
