import { z } from 'zod';
import type { Adapter } from '../adapter.ts';
import { invalid } from '../errors.ts';
import { EngineDriver, type EngineOptions } from './driver.ts';
import type { VectorIndexProvider } from './index/vector-index.ts';
import { DatabaseDirectory } from './storage/database-directory.ts';
import type { FileSystem } from './storage/filesystem.ts';

/** Configuration of an embedded backend. */
export interface EmbeddedConfig {
  readonly provider: string;
  /** Directory of the database, made if absent. Left out: memory only. */
  readonly path?: string | undefined;
}

/** What makes one embedded backend different from another. */
export interface EmbeddedAdapter {
  /** The name in config objects and the scheme of URLs: `native` makes `native:./data` and `native:`. */
  readonly provider: string;
  /** Loads the vector indexes; called once, at connect. */
  loadIndexes(): Promise<VectorIndexProvider>;
  readonly capabilities?: EngineOptions['capabilities'];
}

/** The engine with some kind of vector index, as a backend. */
export function embeddedAdapter({ provider, loadIndexes, capabilities }: EmbeddedAdapter): Adapter<EmbeddedConfig> {
  return {
    provider,
    config: z.strictObject({
      provider: z.literal(provider),
      path: z.string().min(1, 'a directory; leave it out for memory only').optional(),
    }),
    fromUrl: (url) => ({ provider, ...pathOf(url, provider) }),
    async open({ path }) {
      const indexes = await loadIndexes();
      const directory = path === undefined ? undefined : await DatabaseDirectory.open(await fileSystem(), path);
      return new EngineDriver({ provider, indexes, directory, ...(capabilities && { capabilities }) });
    },
  };
}

/** `native:` → memory; `native:./data`, `native:/var/data`, `native:///var/data` → a directory, percent-encoding resolved. */
function pathOf(url: string, provider: string): { path?: string } {
  const rest = url.slice(provider.length + 1).replace(/^\/\/(?=\/)/, '');
  if (/[?#]/.test(rest))
    throw invalid('url', `${provider}: URLs are a path only; write ? and # in a path as %3F and %23`);
  if (rest === '' || rest === '//') return {};
  if (rest.startsWith('//'))
    throw invalid('url', `${provider}:// has no host; write ${provider}:./relative or ${provider}:/absolute`);
  try {
    return { path: decodeURIComponent(rest) };
  } catch {
    throw invalid('url', 'the path holds a broken percent-encoding');
  }
}

async function fileSystem(): Promise<FileSystem> {
  return (await import('./storage/node-filesystem.ts')).nodeFileSystem;
}
