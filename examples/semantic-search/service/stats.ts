/* What the page shows of the service. */
import { defaultK } from './schemas.ts';
import type { Parts } from './service.ts';

/** Figures of the service; the count is the tenant's, in documents. */
export async function statistics({ catalogue, latencies, metrics, startedAt }: Parts, tenant: string) {
  const [variant] = catalogue.variants;
  const shelf = catalogue.shelf(undefined, variant!);
  const backends = catalogue.backends.map(async ({ name, url, db }) => {
    const { index } = await catalogue.shelf(name, variant!).root.stats();
    return { name, url, provider: db.provider, index: index.type };
  });
  const recall = await metrics.recall();
  return {
    backends: await Promise.all(backends),
    default: shelf.backend,
    count: await shelf.of(tenant).count({ '_doc.part': 0 }),
    model: {
      name: shelf.embedder?.name ?? 'none',
      version: shelf.embedder?.version ?? '',
      dimension: shelf.embedder?.dimension ?? 0,
    },
    variants: catalogue.variants.map((each, i, all) => ({
      name: each.name,
      share: each.until - (all[i - 1]?.until ?? 0),
      model: catalogue.shelf(undefined, each).model,
    })),
    latency: latencies.summary(),
    recall: recall === undefined ? null : { ...recall, k: defaultK },
    uptimeS: (performance.now() - startedAt) / 1_000,
  };
}
