/** Node only. The packages that only the documentation search needs: optional peers, loaded when they are used. */
import { VectorStoreError } from '../errors.ts';
import { hasCode } from './files.ts';

const installCommand = 'npm install onnxruntime-web @huggingface/tokenizers marked';

/** The ONNX runtime. Its root entry is the Node build: the `/wasm` entry is the browser's and cannot start threads here. */
export const loadOnnxRuntime = () => peer('onnxruntime-web', () => import('onnxruntime-web'));

/** The tokenizer. */
export const loadTokenizers = () => peer('@huggingface/tokenizers', () => import('@huggingface/tokenizers'));

/** The Markdown parser. */
export const loadMarked = () => peer('marked', () => import('marked'));

async function peer<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!hasCode(error, 'ERR_MODULE_NOT_FOUND')) throw error;
    throw missingPeer(name, error);
  }
}

/** The error for a peer that is not installed: says what to type. */
export function missingPeer(name: string, cause?: unknown): VectorStoreError {
  const message = `the documentation search needs the package ${name}, which is not installed; run: ${installCommand}`;
  return new VectorStoreError('Unavailable', message, { retryable: false, operation: 'docs', cause });
}
