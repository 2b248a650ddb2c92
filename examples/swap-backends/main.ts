/*
 * Runs one program on three backends, by configuration alone, and says whether the answers are equal. The Qdrant server is the package's own, which
 * speaks Qdrant's protocol; `qdrant://localhost:6333` would be a real one.
 */
import { serve } from 'anyvec/server';
import { library } from './library.ts';

await using server = await serve({ dialect: 'qdrant' });
const configs = ['native:', { provider: 'hnswlib' }, { provider: 'qdrant', url: server.url }] as const;

const answers = [];
for (const config of configs) {
  const lines = await library(config);
  console.log(`${typeof config === 'string' ? config : config.provider}\n  ${lines.join('\n  ')}`);
  answers.push(lines.join('\n'));
}
console.log(new Set(answers).size === 1 ? 'The answers are equal.' : 'THE ANSWERS DIFFER.');
