/** Node only. Finds the packages of a project and their Markdown files. */
import type { Dirent } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { z } from 'zod';

import { VectorStoreError } from '../errors.ts';
import { isMissing } from './files.ts';

/** An installed package, or the project itself. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX expression as the package gives it; undefined where it gives none. */
  readonly license?: string;
  readonly keywords: readonly string[];
  readonly directory: string;
}

/** A Markdown file of a package. */
export interface DocumentFile {
  /** Path inside the package, with `/`. */
  readonly file: string;
  readonly path: string;
  readonly kind: 'readme' | 'docs';
}

const maxFileBytes = 256 * 1024;
const maxDepth = 6;
const markdown = /\.(md|markdown)$/i;
const skipped =
  /^(changes|change-?log|history|releases?|licen[cs]es?|copying|notice|authors|contributors|contributing|code[-_]of[-_]conduct|security|sponsors|backers|governance|third-?party.*|upgrading)\b/i;
const translation = /^[^.]+[._-](?:[a-z]{2}|[a-z]{2}[-_][a-z]{2,4})\.\w+$/i;

const manifest = z.object({
  name: z.string().min(1),
  version: z.string().min(1),
  license: z.unknown().optional(),
  licenses: z.unknown().optional(),
  keywords: z.array(z.string()).catch([]),
});

/**
 * The project and every package in its node_modules (nested and scoped ones too), each name@version once, sorted.
 *
 * Errors: `NotFound` (the folder has no node_modules).
 */
export async function findPackages(projectDir: string): Promise<InstalledPackage[]> {
  const found = new Map<string, InstalledPackage>();
  const modules = join(projectDir, 'node_modules');
  if (!(await isDirectory(modules))) {
    const message = `${modules} does not exist; run npm install there, or name a project folder that has one`;
    throw new VectorStoreError('NotFound', message, { operation: 'docs' });
  }
  const project = await readPackage(projectDir);
  if (project !== undefined) found.set(key(project), project);
  await collect(modules, found, new Set());
  return [...found.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

const key = ({ name, version }: InstalledPackage) => `${name}@${version}`;

async function collect(modules: string, found: Map<string, InstalledPackage>, visited: Set<string>): Promise<void> {
  for (const directory of await packageFolders(modules)) {
    // pnpm and workspaces link packages, also in circles.
    const real = await realpath(directory).catch(() => undefined);
    if (real === undefined || visited.has(real)) continue;
    visited.add(real);
    const installed = await readPackage(real);
    if (installed !== undefined && !found.has(key(installed))) found.set(key(installed), installed);
    await collect(join(real, 'node_modules'), found, visited);
  }
}

/** Of one node_modules folder: plain and scoped packages, and those in pnpm's store. */
async function packageFolders(modules: string): Promise<string[]> {
  const names = await folders(modules);
  const scoped = await Promise.all(
    names.filter((name) => name.startsWith('@')).map((scope) => folders(join(modules, scope), scope)),
  );
  const store = names.includes('.pnpm') ? await folders(join(modules, '.pnpm')) : [];
  const stored = await Promise.all(store.map((entry) => packageFolders(join(modules, '.pnpm', entry, 'node_modules'))));
  const plain = names.filter((name) => !/^[.@]/.test(name));
  return [...[...plain, ...scoped.flat()].map((name) => join(modules, name)), ...stored.flat()];
}

async function folders(directory: string, prefix = ''): Promise<string[]> {
  const entries = await list(directory);
  return entries
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map(({ name }) => (prefix === '' ? name : `${prefix}/${name}`))
    .sort();
}

async function readPackage(directory: string): Promise<InstalledPackage | undefined> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'));
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
  const parsed = manifest.safeParse(json);
  if (!parsed.success) return undefined;
  const { name, version, keywords } = parsed.data;
  const license = licenseOf(parsed.data.license ?? parsed.data.licenses);
  return {
    name: name.toWellFormed(),
    version: version.toWellFormed(),
    ...(license !== undefined && { license }),
    keywords: keywords.map((word) => word.toWellFormed()),
    directory,
  };
}

/** Old packages give an object or a list of them. */
function licenseOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return licenseOf(value[0]);
  if (typeof value === 'object' && value !== null && 'type' in value) return licenseOf(value.type);
  return undefined;
}

/** The Markdown at a package's root and in its docs folder: no changelogs, licences, translations or huge files. */
export async function findDocuments({ directory }: InstalledPackage): Promise<DocumentFile[]> {
  const root = await list(directory);
  const files = root.filter((entry) => entry.isFile()).map(({ name }) => join(directory, name));
  const docs = root.filter((entry) => entry.isDirectory() && /^docs?$/i.test(entry.name));
  for (const { name } of docs) files.push(...(await filesBelow(join(directory, name), 1)));
  const wanted: DocumentFile[] = [];
  for (const path of files.sort()) {
    const name = basename(path);
    if (!markdown.test(name) || skipped.test(name) || translation.test(name)) continue;
    if ((await stat(path)).size > maxFileBytes) continue;
    const isReadme = dirname(path) === directory && /^readme\b/i.test(name);
    wanted.push({ file: relative(directory, path).split(sep).join('/'), path, kind: isReadme ? 'readme' : 'docs' });
  }
  return wanted;
}

async function filesBelow(directory: string, depth: number): Promise<string[]> {
  if (depth > maxDepth) return [];
  const files: string[] = [];
  for (const entry of await list(directory)) {
    const path = join(directory, entry.name);
    if (entry.isFile()) files.push(path);
    else if (entry.isDirectory() && entry.name !== 'node_modules') files.push(...(await filesBelow(path, depth + 1)));
  }
  return files;
}

async function list(directory: string): Promise<Dirent[]> {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

const isDirectory = async (path: string) => (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
