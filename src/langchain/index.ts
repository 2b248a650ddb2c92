/**
 * `anyvec/langchain`: a collection as a vector store of LangChain.js. Needs `@langchain/core`.
 *
 * @module
 */
export { type AnyvecCollectionConfig, type AnyvecStoreConfig, AnyvecVectorStore } from './vector-store.ts';
