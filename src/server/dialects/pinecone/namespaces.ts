import { z } from 'zod';
import { type Catalog, metadataSchema } from './catalog.ts';
import type { AddRoute } from './data-plane.ts';
import { badRequest, Fault } from './fault.ts';
import { defaultNamespace, type IndexData, isNamespaceName } from './index-data.ts';
import { read } from './read.ts';
import { isSchemaVersion } from './version.ts';

const mostPerPage = 100;

const createBody = z.looseObject({
  name: z.string().min(1).refine(isNamespaceName, 'a namespace has from 1 to 512 ASCII characters, none of them NUL'),
  schema: metadataSchema.nullish(),
});

/** A namespace as it is listed. */
interface NamespaceEntry {
  readonly name: string;
  readonly count: number;
  readonly schema: z.infer<typeof metadataSchema> | null;
}

/** Create, list, describe and delete namespaces. */
export function namespaceRoutes(route: AddRoute, catalog: Catalog): void {
  route('get', '/namespaces', async (index, { req, json }) => {
    const { prefix = '', limit = String(mostPerPage), paginationToken } = req.query();
    const size = Number(limit);
    if (!Number.isInteger(size) || size < 1 || size > mostPerPage)
      throw badRequest(`limit must be from 1 to ${mostPerPage}, got ${limit}`);
    const all = (await entriesOf(index)).filter(({ name }) => name.startsWith(prefix));
    const after = paginationToken === undefined ? '' : Buffer.from(paginationToken, 'base64url').toString('utf8');
    const rest = all.filter(({ name }) => name > after);
    const page = rest.slice(0, size);
    const last = page.at(-1);
    return json({
      namespaces: page.map((entry) => shown(entry, req.raw)),
      total_count: all.length,
      ...(last !== undefined &&
        rest.length > size && { pagination: { next: Buffer.from(last.name, 'utf8').toString('base64url') } }),
    });
  });

  route('post', '/namespaces', async (index, { req, json, get }) => {
    const { name, schema = null } = read(createBody, get('body'));
    if (name === defaultNamespace) throw badRequest(`${defaultNamespace} is reserved`);
    if (await index.has(name)) throw new Fault(409, 'Namespace already exists');
    await catalog.configure(index.entry.name, ({ namespaces }) => ({
      namespaces: [...namespaces.filter((known) => known.name !== name), { name, schema }],
    }));
    return json(shown({ name, count: 0, schema }, req.raw));
  });

  route('get', '/namespaces/:namespace', async (index, { req, json }) => {
    const name = req.param('namespace') ?? '';
    const entry = (await entriesOf(index)).find((candidate) => candidate.name === name);
    if (entry === undefined) throw new Fault(404, 'Namespace not found');
    return json(shown(entry, req.raw));
  });

  route('delete', '/namespaces/:namespace', async (index, { req, json }) => {
    const name = req.param('namespace') ?? '';
    if (!(await index.has(name))) throw new Fault(404, 'Namespace not found');
    const lsn = await (await index.namespace(name)).deleteAll();
    await catalog.configure(index.entry.name, ({ namespaces }) => ({
      namespaces: namespaces.filter((known) => known.name !== name),
    }));
    return json({}, 200, { 'x-pinecone-request-lsn': String(lsn) });
  });
}

/** Those that hold records and those that were created, sorted by name. */
async function entriesOf(index: IndexData): Promise<NamespaceEntry[]> {
  const counts = await index.counts();
  const created = new Map(index.entry.namespaces.map(({ name, schema }) => [name, schema]));
  return [...new Set([...counts.keys(), ...created.keys()])]
    .sort()
    .map((name) => ({ name, count: counts.get(name) ?? 0, schema: created.get(name) ?? null }));
}

/** Counts are numbers in one version of the API, and their digits in the next. */
function shown({ name, count, schema }: NamespaceEntry, request: Request): object {
  return {
    name,
    record_count: isSchemaVersion(request) ? String(count) : count,
    ...(schema !== null && {
      schema,
      indexed_fields: { fields: Object.keys(schema.fields) },
    }),
  };
}
