import { basename, extname } from 'node:path';
import { invalid } from '../errors.ts';
import type { Metric } from '../types.ts';
import { foreignSpec } from './columns.ts';
import { corruptFile } from './corrupt.ts';
import { isFile, openToRead } from './read-handle.ts';
import type { OpenedFile, Shelf } from './row-store.ts';
import { Sidecar, type SidecarOrder } from './sidecar.ts';
import { BoundedReader, type TableLayout } from './table-layout.ts';
import { TableStore } from './table-store.ts';

/** How a {@link TableShelf} finds and reads its file. */
export interface TableShelfOptions {
  readonly path: string;
  readonly metric?: Metric | undefined;
  /** Path of JSON lines with payloads. */
  readonly payloads?: string | undefined;
  readonly order: SidecarOrder;
  /** @throws `Corruption` */
  readonly layout: (reader: BoundedReader) => TableLayout;
}

/** One file of vectors as a database of one collection, named after the file, that is only read. */
export class TableShelf implements Shelf {
  readonly #options: TableShelfOptions;

  constructor(options: TableShelfOptions) {
    this.#options = options;
  }

  get #name(): string {
    const { path } = this.#options;
    return basename(path, extname(path));
  }

  async names(): Promise<string[]> {
    return (await isFile(this.#options.path)) ? [this.#name] : [];
  }

  async has(name: string): Promise<boolean> {
    return name === this.#name && (await isFile(this.#options.path));
  }

  async open(): Promise<OpenedFile> {
    const { path, payloads, order } = this.#options;
    const file = await openToRead(path);
    let sidecar: Sidecar | undefined;
    try {
      const layout = this.#options.layout(new BoundedReader(file, await file.size(), path));
      const metric = this.#options.metric ?? layout.metric ?? 'cosine';
      if (payloads !== undefined) {
        if (!(await isFile(payloads))) throw invalid('config.payloads', `there is no file ${payloads}`);
        sidecar = await Sidecar.open(payloads, order);
        const count = layout.segments.reduce((sum, segment) => sum + segment.count, 0);
        if (order === 'by row' && sidecar.size !== count)
          throw corruptFile(payloads, `it has ${sidecar.size} lines, and ${path} ${count} vectors`);
      }
      const store = new TableStore({ path, file, layout, metric, ...(sidecar && { sidecar }) });
      return { spec: foreignSpec(layout.dimension, { metric }), store, managed: false };
    } catch (error) {
      await file.close();
      await sidecar?.close();
      throw error;
    }
  }
}
