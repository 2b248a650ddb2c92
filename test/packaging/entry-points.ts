import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

import { root } from '../../scripts/lib/paths.mjs';

const manifest = z
  .object({
    name: z.string(),
    exports: z.record(z.string(), z.union([z.string(), z.object({ types: z.string(), default: z.string() })])),
  })
  .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));

/** What users can import, as package.json declares it: the specifier, and the files inside the package. */
export const entryPoints = Object.entries(manifest.exports).flatMap(([subpath, target]) =>
  typeof target === 'string'
    ? []
    : [
        {
          specifier: manifest.name + subpath.slice(1),
          types: target.types.slice(2),
          code: target.default.slice(2),
        },
      ],
);
