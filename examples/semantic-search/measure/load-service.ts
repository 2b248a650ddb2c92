/*
 * The service over so many glosses, in a process of its own, for `load.ts`: prints its address, says how much memory is alive after SIGUSR2, and ends
 * with SIGTERM.
 */
import { listen } from '../service/listen.ts';
import { openWordnet } from './wordnet-service.ts';

const wordnet = await openWordnet({ isHeldOut: false, count: Number(process.argv[2]), questions: 2_000 });
const listening = await listen(wordnet.service);
console.log(`listening at ${listening.url}`);
// What is alive, without what only waits to be collected.
process.on('SIGUSR2', () => {
  globalThis.gc?.();
  const { heapUsed, rss, external } = process.memoryUsage();
  console.log(`alive ${JSON.stringify({ heap: heapUsed, external, rss })}`);
});
process.once('SIGTERM', async () => {
  await listening.close();
  await wordnet.close();
});
