import type { z } from 'zod';
import type { Driver } from './driver.ts';

/** A backend as `connect` sees it. Each adapter's `index.ts` exports one as `adapter`. */
export interface Adapter<C extends { readonly provider: string } = { readonly provider: string }> {
  /** Lower-case name: the `provider` of a config object and the scheme of a URL. */
  readonly provider: string;
  /** Checks a config object (with `provider`), fills in defaults. Unknown keys are errors. */
  readonly config: z.ZodType<C>;
  /** A URL as a config object, still to be checked by `config`. Throws `InvalidArgument` for what no config can say. */
  fromUrl(url: string): Record<string, unknown>;
  /** Loads the client (lazily) and connects. */
  open(config: C): Promise<Driver>;
}
