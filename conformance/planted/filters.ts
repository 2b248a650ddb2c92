import { and, type FilterNode, matchAll, or } from '../../src/filter/normal-form.ts';
import { inFilters, mapFilter, type PlantedBug } from './plant.ts';

const exists = (leaf: { field: string; path: readonly string[] }): FilterNode => ({
  kind: 'exists',
  field: leaf.field,
  path: leaf.path,
});

/** Filters that mean something else than they should. */
export const filterBugs: readonly PlantedBug[] = [
  inFilters('the filter is ignored', () => matchAll),
  inFilters('a condition that is not understood is dropped', (filter) =>
    mapFilter(filter, (node) => (node.kind === 'startsWith' ? matchAll : node)),
  ),
  inFilters('$ne loses records where the field is missing', (filter) =>
    mapFilter(filter, (node) => (node.kind === 'not' && node.of.kind === 'eq' ? and([exists(node.of), node]) : node)),
  ),
  inFilters('$nin loses records where the field is missing', (filter) =>
    mapFilter(filter, (node) => (node.kind === 'not' && node.of.kind === 'in' ? and([exists(node.of), node]) : node)),
  ),
  inFilters('numbers match their text', (filter) =>
    mapFilter(filter, (node) =>
      node.kind === 'eq' && typeof node.value === 'number' ? or([node, { ...node, value: String(node.value) }]) : node,
    ),
  ),
  inFilters('true matches 1', (filter) =>
    mapFilter(filter, (node) => (node.kind === 'eq' && node.value === true ? or([node, { ...node, value: 1 }]) : node)),
  ),
  inFilters('range bounds may be met by different elements', (filter) =>
    mapFilter(filter, (node) =>
      node.kind === 'range'
        ? and(Object.entries(node.bounds).map(([bound, value]) => ({ ...node, bounds: { [bound]: value } })))
        : node,
    ),
  ),
  inFilters('$gte leaves out the bound itself', (filter) =>
    mapFilter(filter, (node) => {
      if (node.kind !== 'range' || node.bounds.gte === undefined) return node;
      const { gte, ...bounds } = node.bounds;
      return { ...node, bounds: { ...bounds, gt: gte } };
    }),
  ),
  inFilters('$in knows only its first hundred values', (filter) =>
    mapFilter(filter, (node) => (node.kind === 'in' ? { ...node, values: node.values.slice(0, 100) } : node)),
  ),
  inFilters('$contains takes a scalar for an array', (filter) =>
    mapFilter(filter, (node) => (node.kind === 'contains' ? { ...node, kind: 'eq' } : node)),
  ),
  inFilters('$startsWith ignores case', (filter) =>
    mapFilter(filter, (node) =>
      node.kind === 'startsWith'
        ? or([node, { ...node, prefix: node.prefix.toUpperCase() }, { ...node, prefix: node.prefix.toLowerCase() }])
        : node,
    ),
  ),
  inFilters('a dotted path loses its first step', (filter) =>
    mapFilter(filter, (node) =>
      'path' in node && node.path.length > 1
        ? { ...node, path: node.path.slice(1), field: node.path.slice(1).join('.') }
        : node,
    ),
  ),
];
