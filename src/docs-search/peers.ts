/** Node only. The packages that only the documentation search needs: optional peers, loaded when they are used. */
import { loadOptionalPackage } from '../optional-package.ts';

const installCommand = 'npm install onnxruntime-web @huggingface/tokenizers marked';

/** The ONNX runtime. Its root entry is the Node build: the `/wasm` entry is the browser's and cannot start threads here. */
export const loadOnnxRuntime = () => loadPeer('onnxruntime-web', () => import('onnxruntime-web'));

/** The tokenizer. */
export const loadTokenizers = () => loadPeer('@huggingface/tokenizers', () => import('@huggingface/tokenizers'));

/** The Markdown parser. */
export const loadMarked = () => loadPeer('marked', () => import('marked'));

/** What `load` gives. Errors: `Unavailable`, with the command to type, where the package is not installed. */
export function loadPeer<T>(name: string, load: () => Promise<T>): Promise<T> {
  const problem = `the documentation search needs the package ${name}, which is not installed; run: ${installCommand}`;
  return loadOptionalPackage(load, problem, 'docs');
}
