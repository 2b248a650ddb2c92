import { z } from 'zod';
import type { Adapter } from '../adapter.ts';
import { invalid, unsupported } from '../errors.ts';
import { shown } from '../validate/text.ts';
import { EngineDriver, type EngineOptions } from './driver.ts';
import type { VectorIndexProvider } from './index/vector-index.ts';
import { DatabaseDirectory } from './storage/database-directory.ts';
import type { FileSystem } from './storage/filesystem.ts';
import type { Durability, Originals } from './storage/settings.ts';

/** Configuration of an embedded backend. */
export interface EmbeddedConfig {
  readonly provider: string;
  /** Directory of the database, made if absent. Left out: memory only, and none of the settings below. */
  readonly path?: string | undefined;
  /**
   * When a write is safe from a loss of power. `always`: before it is acknowledged (writes made at the same time share one fsync).
   * `interval`: at most `syncIntervalMs` later. `memory`: when the operating system sees fit, and at `flush` and `close`. A process that is
   * killed loses no acknowledged write in any of them. Default: `interval`.
   */
  readonly durability?: Durability | undefined;
  /** Milliseconds, 1 to 3,600,000, with `durability: 'interval'`. Default: 1,000. */
  readonly syncIntervalMs?: number | undefined;
  /**
   * Where the original vectors are kept. `disk`: in a file, from which a search reads the few rows that it scores, so that a collection may
   * be larger than memory; rows written since the last snapshot are in memory. `memory`: all of them. Default: `disk`.
   */
  readonly originals?: Originals | undefined;
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
    config: z
      .strictObject({
        provider: z.literal(provider),
        path: z.string().min(1, 'a directory; leave it out for memory only').optional(),
        durability: z.enum(['always', 'interval', 'memory']).optional(),
        syncIntervalMs: z.number().min(1).max(3_600_000).optional(),
        originals: z.enum(['disk', 'memory']).optional(),
      })
      .superRefine(({ path, durability, syncIntervalMs, originals }, context) => {
        const refuse = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
        if (path === undefined) {
          const given = Object.entries({ durability, syncIntervalMs, originals });
          for (const [key, value] of given) if (value !== undefined) refuse(key, 'has no meaning without a path');
        } else if (syncIntervalMs !== undefined && durability !== undefined && durability !== 'interval') {
          refuse('syncIntervalMs', "has no meaning unless durability is 'interval'");
        }
      }),
    fromUrl: (url) => ({ provider, ...settingsOf(url, provider) }),
    async open({ path, durability, syncIntervalMs, originals }) {
      const files = path === undefined ? undefined : fileSystem();
      // Both at once; which of two failures is told must not depend on the clock.
      files?.catch(() => undefined);
      const indexes = await loadIndexes();
      const settings = {
        ...(durability && { durability }),
        ...(syncIntervalMs !== undefined && { syncIntervalMs }),
        ...(originals && { originals }),
      };
      const directory = path === undefined ? undefined : await DatabaseDirectory.open(await files!, path, settings);
      return new EngineDriver({ provider, indexes, directory, ...(capabilities && { capabilities }) });
    },
  };
}

/** `native:./data?durability=always`: a path, then settings; those of {@link EmbeddedConfig} and no others. */
function settingsOf(url: string, provider: string): Record<string, unknown> {
  if (url.includes('#')) throw invalid('url', `${provider}: URLs have no #; write one in a path as %23`);
  const [address = '', ...queries] = url.split('?');
  if (queries.length > 1) throw invalid('url', 'more than one ?; write one in a path as %3F');
  const settings: Record<string, unknown> = { ...pathOf(address, provider) };
  for (const [key, value] of new URLSearchParams(queries[0])) {
    if (key !== 'durability' && key !== 'syncIntervalMs' && key !== 'originals')
      throw invalid(
        'url',
        `unknown setting ${shown(key)}: durability, syncIntervalMs or originals; write a ? in a path as %3F`,
      );
    if (key in settings) throw invalid('url', `${key} is given twice`);
    // What is no number at all must not become one.
    settings[key] = key === 'syncIntervalMs' && value.trim() !== '' ? Number(value) : value;
  }
  return settings;
}

/** `native:` → memory; `native:./data`, `native:/var/data`, `native:///var/data` → a directory, percent-encoding resolved. */
function pathOf(url: string, provider: string): { path?: string } {
  const rest = url.slice(provider.length + 1).replace(/^\/\/(?=\/)/, '');
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
  // Browsers would say of the import below that a script could not be fetched.
  if (typeof process === 'undefined' || process.versions?.node === undefined)
    throw unsupported('A database in a directory', 'there is no file system here; leave the path out for memory only');
  return (await import('./storage/node-filesystem.ts')).nodeFileSystem;
}
