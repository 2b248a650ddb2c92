import type { CollectionDriver, DriverHybrid, StoredHybridMatch } from '../../src/driver.ts';
import { matchAll } from '../../src/filter/normal-form.ts';
import { inCollection, type PlantedBug } from './plant.ts';

const changeAsked = (name: string, change: (asked: DriverHybrid) => DriverHybrid): PlantedBug =>
  inCollection(name, (inner) => ({
    searchHybrid: (namespace, asked, context) => inner.searchHybrid!(namespace, change(asked), context),
  }));

const changeMatches = (name: string, change: (matches: StoredHybridMatch[]) => StoredHybridMatch[]): PlantedBug =>
  inCollection(name, (inner) => ({
    searchHybrid: async (...args) => change(await inner.searchHybrid!(...args)),
  }));

/** Searches by text and vector that are wrong. */
export const hybridBugs: readonly PlantedBug[] = [
  changeAsked('the ranking by text ignores the filter', (asked) =>
    asked.vector === undefined ? { ...asked, filter: matchAll } : asked,
  ),
  changeAsked('only the first term is looked for', (asked) => ({ ...asked, terms: asked.terms.slice(0, 1) })),
  changeAsked('only the first field is searched', (asked) => ({ ...asked, fields: asked.fields.slice(0, 1) })),
  changeAsked('weights of fields are ignored', (asked) => ({
    ...asked,
    fields: asked.fields.map(({ field }) => ({ field, weight: 1 })),
  })),
  changeAsked('the vector is ignored', ({ vector: _, ...asked }) => asked),
  changeAsked('ranks are counted from 0', (asked) =>
    asked.fusion.type === 'rrf'
      ? { ...asked, fusion: { type: 'rrf', rankConstant: asked.fusion.rankConstant - 1 } }
      : asked,
  ),
  changeAsked('the weight is that of the other ranking', (asked) =>
    asked.fusion.type === 'weighted'
      ? { ...asked, fusion: { type: 'weighted', vectorWeight: 1 - asked.fusion.vectorWeight } }
      : asked,
  ),
  changeAsked('each ranking is cut at k before they are fused', (asked) => ({ ...asked, candidates: asked.k })),
  changeMatches('ties come in any order', (matches) =>
    [...matches].sort((a, b) => b.score - a.score || (a.id < b.id ? 1 : -1)),
  ),
  changeMatches('a record without a vector is lost', (matches) => matches.filter(({ vector }) => vector !== null)),
  inCollection('a replaced text is still found', rememberingTexts),
  inCollection('namespaces share one index of texts', (inner) => ({
    searchHybrid: (_namespace, asked, context) => inner.searchHybrid!('', asked, context),
  })),
];

/** Gives what a search gave before once more, where the text found something then. */
function rememberingTexts(inner: CollectionDriver): Partial<CollectionDriver> {
  const known = new Map<string, StoredHybridMatch[]>();
  return {
    searchHybrid: async (namespace, asked, context) => {
      const { vector } = asked;
      const key = JSON.stringify([namespace, { ...asked, vector: vector && [...vector] }]);
      const matches = await inner.searchHybrid!(namespace, asked, context);
      const answer = structuredClone(known.get(key)?.length ? known.get(key)! : matches);
      known.set(key, answer);
      return structuredClone(answer);
    },
  };
}
