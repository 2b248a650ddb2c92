/*
 * Qdrant, Pinecone and Milvus through TLS and with keys.
 *
 * Qdrant and Pinecone are asked by Node's own TLS. An authority of your own is told to the process before it starts:
 *
 *   NODE_EXTRA_CA_CERTS=/etc/ssl/our-ca.pem node server.js
 *
 * Milvus is asked by gRPC, which takes files. Keys come from the environment, never from a URL.
 */
import { connect, type VectorDatabase } from 'anyvec';

/** Without `apiKey` it is `$QDRANT_API_KEY`. */
export const qdrant = (url: string, apiKey?: string): Promise<VectorDatabase> =>
  connect({ provider: 'qdrant', url, ...(apiKey !== undefined && { apiKey }) });

/** Without `apiKey` it is `$PINECONE_API_KEY`; without `controllerHost` the service, which is always asked through TLS. */
export const pinecone = (controllerHost?: string, apiKey?: string): Promise<VectorDatabase> =>
  connect({
    provider: 'pinecone',
    ...(controllerHost !== undefined && { controllerHost }),
    ...(apiKey !== undefined && { apiKey }),
  });

/** Files in PEM. Milvus itself has these for `common.security.tlsMode` 1 (the server shows a certificate) and 2 (so does the client). */
export interface MilvusFiles {
  /** The authority that signed the server's certificate. Default: those that Node knows. */
  readonly authority?: string;
  /** For mutual TLS. */
  readonly client?: { readonly key: string; readonly certificates: string };
}

/** Without `token` it is `$MILVUS_TOKEN`: an API key of Zilliz Cloud, or `user:password`. */
export const milvus = (url: string, { authority, client }: MilvusFiles = {}, token?: string): Promise<VectorDatabase> =>
  connect({
    provider: 'milvus',
    url,
    ...(token !== undefined && { token }),
    tls: {
      ...(authority !== undefined && { rootCertPath: authority }),
      ...(client !== undefined && { privateKeyPath: client.key, certChainPath: client.certificates }),
    },
  });
