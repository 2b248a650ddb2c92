/* The model on a thread of its own, so that embedding holds up no request. Gets `{ id, texts }`, answers `{ id, vectors }` or `{ id, problem }`. */
import { parentPort, workerData } from 'node:worker_threads';
import { openMiniLm } from 'anyvec/minilm';

if (parentPort === null) throw new Error('this file is for a worker thread');
const port = parentPort;
try {
  const embedder = await openMiniLm({ ...workerData, onStatus: (status) => port.postMessage({ status }) });
  port.postMessage({ ready: true });
  port.on('message', async ({ id, texts }) => {
    try {
      const vectors = await embedder.embed(texts);
      port.postMessage({ id, vectors });
    } catch (error) {
      port.postMessage({ id, problem: messageOf(error) });
    }
  });
} catch (error) {
  port.postMessage({ failed: messageOf(error) });
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
