import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { ensureModel } from '../../src/docs-search/model.ts';
import { serveDocumentation } from './demo.ts';

it('the demo serves the page over the documentation of a project, and the second time from what it stored', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'demo-'));
  try {
    const { model } = await ensureModel({ cacheDir: join(import.meta.dirname, '../../.cache') });
    const cacheDir = join(folder, 'cache');
    await cp(dirname(model), join(cacheDir, 'models', 'all-MiniLM-L6-v2-int8'), { recursive: true });
    const readme =
      '# wheel\n\nTurns round and round on its axle without ever coming to an end.\n\n## Tyres\n\nRubber around the wheel, filled with air, which holds the road when it rains.\n';
    await mkdir(join(folder, 'node_modules/wheel'), { recursive: true });
    await writeFile(
      join(folder, 'node_modules/wheel/package.json'),
      '{"name":"wheel","version":"1.0.0","license":"MIT"}',
    );
    await writeFile(join(folder, 'node_modules/wheel/README.md'), readme);
    const options = { projectDir: folder, cacheDir, port: 0, backends: ['native'] };
    for (const time of ['first', 'second']) {
      const { url, documents, close } = await serveDocumentation(options);
      try {
        expect(documents, time).toBe(2);
        expect(await (await fetch(url)).text()).toContain('<title>');
        const answer = await (await fetch(`${url}/search?q=grip+on+wet+streets&mode=dense`)).json();
        expect(answer).toMatchObject({ hits: [{ title: 'wheel › Tyres' }, { title: 'wheel' }] });
        expect(answer).not.toHaveProperty('fallback');
      } finally {
        await close();
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);
