import { type Capabilities, capabilitiesOf } from '../../src/capabilities.ts';
import { hybridByScan } from '../../src/remote/hybrid-by-scan.ts';
import type { CollectionInfo } from '../../src/types.ts';
import { indexTypes } from './index-settings.ts';

const readFirst = (cost: string) => ({ emulated: { cost, atomic: false } });
const residual = {
  emulated: {
    cost: 'the server selects a superset, and the rest is decided here on the payloads that come back',
    atomic: true,
  },
};

/** What the backend can do; without a collection, in one that it creates itself. */
export function qdrantCapabilities(
  scanBudget: number,
  { info, ranksTexts = true }: { readonly info?: CollectionInfo; readonly ranksTexts?: boolean } = {},
): Capabilities {
  const native = info?.idMode === 'native';
  const noNamespaces = {
    refused: 'the collection has points with ids of their own, and a namespace could not keep equal ids apart',
  };
  return capabilitiesOf({
    operations: {
      explain: { refused: 'the server does not say how it searches' },
      ...(!ranksTexts && { searchHybrid: hybridByScan }),
      setPayload: readFirst('reads the records first, to know which are there'),
      setPayloadByFilter: readFirst('reads the matching records first'),
      deleteByFilter: readFirst(
        'counts first; where the server cannot apply the whole filter, reads the matching records first',
      ),
      ...(native && { namespaces: noNamespaces, listNamespaces: noNamespaces, dropNamespace: noNamespaces }),
    },
    filterOperators: { $contains: residual, $all: residual, $startsWith: residual, $match: residual },
    options: {
      ttl: { refused: 'the server keeps points until they are deleted' },
      nullVector: { refused: 'a point of a Qdrant collection with one unnamed vector always has a vector' },
      missingIds: readFirst('asks first which ids are there'),
    },
    indexTypes,
    searchParams: info?.index.type === 'flat' ? [] : ['ef'],
    idModes: ['hashed', 'native'],
    vectorReadback: readback(info),
    limits: {
      dimension: 65_536,
      // The server takes 32 MiB a request, and a reserved key doubles a payload.
      payloadBytes: 8 * 2 ** 20,
      batchBytes: 24 * 2 ** 20,
      batchRecords: 500,
      batchIds: 1_000,
      batchQueries: 64,
      concurrency: 3,
      scanBudget,
    },
  });
}

/** Under cosine the vector has length 1 on the server; its own length is kept beside it in collections of ours. */
function readback(info: CollectionInfo | undefined): Capabilities['vectorReadback'] {
  if (info === undefined) return 'rounded';
  if (info.metric !== 'cosine') return 'bits';
  return info.idMode === 'hashed' ? 'rounded' : 'direction';
}
