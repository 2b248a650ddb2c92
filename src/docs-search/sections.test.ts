import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { collectSections, headline, sectionPayload } from './sections.ts';

const repository = join(import.meta.dirname, '../..');

describe('collectSections', { timeout: 60_000 }, () => {
  it('finds at least 1,000 sections in this repository, each with an id of its own and a valid payload', async () => {
    const sections = await collectSections(repository);
    expect(sections.length).toBeGreaterThanOrEqual(1000);
    expect(new Set(sections.map(({ id }) => id)).size).toBe(sections.length);
    for (const { id, payload } of sections) {
      expect(id).toMatch(/^[0-9a-f]{32}$/);
      expect(sectionPayload.parse(payload)).toEqual(payload);
    }
  });

  it('gives the same sections in the same order every time', async () => {
    const [first, second] = await Promise.all([collectSections(repository), collectSections(repository)]);
    expect(second).toEqual(first);
  });

  it('fills the payload from the package and the place in the file', async () => {
    const sections = await collectSections(repository);
    const section = sections.find(
      ({ payload }) => payload.package === 'semver' && payload.section === 'Tilde Ranges ~1.2.3 ~1.2 ~1',
    );
    const found =
      section ?? sections.find(({ payload }) => payload.package === 'semver' && payload.path.includes('Ranges'));
    expect(found?.payload).toMatchObject({ license: 'ISC', file: 'README.md', kind: 'readme' });
    expect(found?.embeddingText.startsWith('semver › ')).toBe(true);
  });
});

describe('headline', () => {
  it('leaves out a first heading that repeats the name', () => {
    expect(headline('zod', ['Zod', 'Usage'])).toBe('zod › Usage');
    expect(headline('zod', ['Introduction'])).toBe('zod › Introduction');
    expect(headline('zod', [])).toBe('zod');
  });
});
