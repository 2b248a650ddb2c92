/** Node only. The documentation of a project's packages as sections, ready to be embedded and stored. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';

import { type Lexer, type MarkdownSection, splitMarkdown } from './markdown-sections.ts';
import { modelInfo } from './model.ts';
import { type DocumentFile, findDocuments, findPackages, type InstalledPackage } from './packages.ts';
import { loadMarked } from './peers.ts';

/** What is stored with each section. */
export const sectionPayload = z.object({
  package: z.string(),
  version: z.string(),
  /** SPDX expression; absent where the package gives none. */
  license: z.string().optional(),
  /** The heading; the package's name before the first one. */
  section: z.string(),
  /** The headings above it and itself, outermost first. */
  path: z.array(z.string()),
  /** Path of the file inside the package. */
  file: z.string(),
  /** Anchor of the heading in that file. */
  anchor: z.string(),
  /** From the package's package.json. */
  keywords: z.array(z.string()),
  kind: z.enum(['readme', 'docs']),
  words: z.int(),
  hasCode: z.boolean(),
  text: z.string(),
  /** Hash of the rest, of what was embedded and of the model: tells whether the stored record is still right. */
  digest: z.string(),
});

/** What is stored with each section. */
export type SectionPayload = z.infer<typeof sectionPayload>;

/** One record to be. */
export interface Section {
  /** Hash of package@version, file, anchor and place: the same section has the same id in every run. */
  readonly id: string;
  readonly payload: SectionPayload;
  /** What is embedded: where it stands, then what it says. */
  readonly embeddingText: string;
}

/**
 * Every section of the project's own documentation and of the packages in its node_modules, in a stable order.
 *
 * Errors: `NotFound` (no node_modules), `Unavailable` (the package `marked` is not installed).
 */
export async function collectSections(projectDir: string): Promise<Section[]> {
  const { Lexer } = await loadMarked();
  const lexer: Lexer = (markdown) => Lexer.lex(markdown);
  const sections: Section[] = [];
  for (const installed of await findPackages(projectDir)) {
    for (const document of await findDocuments(installed)) {
      sections.push(...documentSections(installed, document, await readFile(document.path, 'utf8'), lexer));
    }
  }
  return sections;
}

/**
 * At most `limit` sections, in the order given: the first ones of every package before the second ones of any, since
 * documentation begins with what matters most.
 */
export function leadingSections(sections: readonly Section[], limit: number): Section[] {
  const seen = new Map<string, number>();
  const ranked = sections.map((section) => {
    const rank = seen.get(section.payload.package) ?? 0;
    seen.set(section.payload.package, rank + 1);
    return { section, rank };
  });
  const leading = ranked.toSorted((a, b) => a.rank - b.rank).slice(0, limit);
  const chosen = new Set(leading.map(({ section }) => section));
  return sections.filter((section) => chosen.has(section));
}

function documentSections(from: InstalledPackage, document: DocumentFile, markdown: string, lexer: Lexer): Section[] {
  const ordinals = new Map<string, number>();
  return splitMarkdown(markdown, lexer).map((section) => {
    const ordinal = ordinals.get(section.anchor) ?? 0;
    ordinals.set(section.anchor, ordinal + 1);
    const embeddingText = `${headline(from.name, section.path)}\n${section.gist}`;
    const place = `${from.name}@${from.version}/${document.file}#${section.anchor}/${ordinal}`;
    return {
      id: hash(place, 32),
      payload: payloadOf(from, document, section, embeddingText),
      embeddingText,
    };
  });
}

function payloadOf(
  from: InstalledPackage,
  { file, kind }: DocumentFile,
  section: MarkdownSection,
  embeddingText: string,
): SectionPayload {
  const { path, anchor, words, hasCode, text } = section;
  const payload = {
    package: from.name,
    version: from.version,
    ...(from.license !== undefined && { license: from.license }),
    section: path.at(-1) ?? from.name,
    path: [...path],
    file,
    anchor,
    keywords: [...from.keywords],
    kind,
    words,
    hasCode,
    text,
  };
  return { ...payload, digest: hash(JSON.stringify([payload, embeddingText, modelInfo.checksum]), 16) };
}

const hash = (text: string, digits: number) => createHash('sha256').update(text).digest('hex').slice(0, digits);

/** `package › heading › heading`; a first heading that only repeats the package's name is left out. */
export function headline(packageName: string, path: readonly string[]): string {
  const [first, ...rest] = path;
  const repeats = first?.toLowerCase().replaceAll('`', '') === packageName.toLowerCase();
  return [packageName, ...(repeats ? rest : path)].join(' › ');
}
