/*
 * Prints for each of $QDRANT_URL, $PINECONE_URL and $MILVUS_URL that is set whether a record can be written and found:
 *
 *   qdrant: ok
 *   milvus: Unauthenticated: …
 *
 * Keys: $QDRANT_API_KEY, $PINECONE_API_KEY, $MILVUS_TOKEN. An authority of one's own: $NODE_EXTRA_CA_CERTS, for Milvus $MILVUS_CA.
 */
import { milvus, pinecone, qdrant } from './connections.ts';
import { roundTrip } from './round-trip.ts';

const { QDRANT_URL, PINECONE_URL, MILVUS_URL, MILVUS_CA } = process.env;
if (QDRANT_URL) console.log(`qdrant: ${await roundTrip(qdrant(QDRANT_URL))}`);
if (PINECONE_URL) console.log(`pinecone: ${await roundTrip(pinecone(PINECONE_URL))}`);
if (MILVUS_URL)
  console.log(`milvus: ${await roundTrip(milvus(MILVUS_URL, MILVUS_CA ? { authority: MILVUS_CA } : {}))}`);
