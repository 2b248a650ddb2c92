/** What one does with the page. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';

import { articles, hostile } from './articles.ts';
import { answered, openPage, picture, searches, titles } from './page.ts';
import { running } from './running.ts';

const question = '?q=why+do+planets+have+rings+of+ice';
const open = (path = '') => openPage(running().service.url, { path });
/** As the page knows it: Playwright hears of changes later. */
const addressOf = async (page: Page) => new URLSearchParams(await page.evaluate<string>('location.search'));

/** Searching, filters, the address, figures, the keyboard, hostile documents. */
export function describeUse(): void {
  describe('searching', () => {
    test('before the first question the page says what there is, and suggests questions that work', async () => {
      await using opened = await open();
      const { page, requests } = opened;
      await page.getByText(`Search ${articles.length} documents`).waitFor();
      expect(searches(requests)).toEqual([]);
      const suggestion = page.locator('.suggestion').first();
      const title = await suggestion.textContent();
      await suggestion.click();
      expect((await answered(page))[0]).toBe(title);
    });

    test('results come as one types: fewer questions than keys, the last one is answered, its words are marked', async () => {
      await using opened = await open();
      const { page, requests } = opened;
      const typed = 'clouds of gas that become stars';
      await page.locator('#q').pressSequentially(typed, { delay: 15 });
      await page.waitForURL((url) => url.searchParams.get('q') === typed);
      await expect.poll(() => searches(requests).at(-1)?.get('q')).toBe(typed);
      expect((await answered(page))[0]).toBe('How stars are born');
      expect(searches(requests).length).toBeLessThan(typed.length / 2);
      await expect.poll(() => page.locator('#hits .hit').first().locator('mark').allTextContents()).toContain('gas');
      await expect.poll(() => page.locator('#announcement').textContent()).toMatch(/Top 10 · hybrid on first/);
      await page.locator('#q').fill('');
      await page.locator('.welcome').waitFor();
    });

    test('an answer that comes late never replaces that of a newer question, and its request is given up', async () => {
      await using opened = await open();
      const { page, requests } = opened;
      let release = () => {};
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      await page.route(/q=sourdough/, async (route) => {
        await released;
        // The page may have hung up by now.
        await route.continue().catch(() => {});
      });
      await page.locator('#q').fill('sourdough');
      await expect.poll(() => searches(requests).length).toBe(1);
      await page.locator('#q').fill('offside');
      await page.locator('#hits').getByText('The offside rule').waitFor();
      release();
      await page.waitForTimeout(150);
      expect((await titles(page))[0]).toBe('The offside rule');
      const [late] = requests.filter((request) => request.url().includes('sourdough'));
      await expect.poll(() => late?.failure()?.errorText).toBe('net::ERR_ABORTED');
    });

    test('dense finds what is meant, BM25 only what is said, and the switch tells which is which', async () => {
      await using opened = await open('?q=maladies');
      const { page, requests } = opened;
      await answered(page);
      await page.getByRole('radio', { name: 'BM25' }).check();
      await page.getByText('Nothing for “maladies”').waitFor();
      await expect.poll(async () => (await addressOf(page)).get('mode')).toBe('bm25');
      await page.getByRole('radio', { name: 'Dense' }).check();
      await page.locator('#summary').getByText('dense on first').waitFor();
      await expect.poll(() => page.locator('#hits .hit').count()).toBe(10);
      await page.getByRole('radio', { name: 'Hybrid' }).check();
      await page.locator('#summary').getByText('hybrid on first').waitFor();
      expect(searches(requests).map((query) => query.get('mode'))).toEqual(['hybrid', 'bm25', 'dense', 'hybrid']);
    });

    test('another backend answers the same, and draws its own map', async () => {
      await using opened = await open(question);
      const { page, requests } = opened;
      const before = await answered(page);
      await page.locator('#backend').selectOption('second');
      await page.locator('#summary').getByText('hybrid on second').waitFor();
      expect(await titles(page)).toEqual(before);
      await expect.poll(async () => (await addressOf(page)).get('backend')).toBe('second');
      expect(searches(requests).at(-1)?.get('backend')).toBe('second');
      await expect.poll(() => requests.some((request) => /map\?.*backend=second/.test(request.url()))).toBe(true);
      await page.locator('.facts-list').getByText('second, hnsw').waitFor();
    });

    test('more results are a button away, up to all there are', async () => {
      await using opened = await open(question);
      const { page } = opened;
      await answered(page);
      for (const size of [25, 50]) await page.getByRole('button', { name: `Show ${size}` }).click();
      await expect.poll(() => page.locator('#hits .hit').count()).toBe(articles.length);
      await expect.poll(() => page.locator('#summary strong').textContent()).toBe(`${articles.length} results`);
    });
  });

  describe('filters', () => {
    test('boxes, numbers and days narrow the results, stand in the address, and come off one by one or together', async () => {
      await using opened = await open(question);
      const { page } = opened;
      await answered(page);
      await page.getByRole('checkbox', { name: 'astronomy' }).check();
      await page.getByRole('checkbox', { name: 'weather' }).check();
      await page.getByLabel('year from').fill('2015');
      await page.getByLabel('published to').fill('2020-02-28');
      await page.getByRole('checkbox', { name: 'yes' }).check();
      const expected = articles.filter(
        (article) =>
          'published' in article &&
          ['astronomy', 'weather'].includes(article.topic) &&
          article.year >= 2015 &&
          article.published <= '2020-02-28T23:59:59.999Z' &&
          article.illustrated,
      );
      await expect.poll(() => page.locator('#summary strong').textContent()).toBe(`${expected.length} results`);
      expect((await titles(page)).toSorted()).toEqual(expected.map(({ title }) => title).toSorted());
      expect(JSON.parse((await addressOf(page)).get('filter') ?? '')).toEqual({
        topic: { $in: ['astronomy', 'weather'] },
        year: { $gte: 2015 },
        published: { $lte: '2020-02-28T23:59:59.999Z' },
        illustrated: { $in: [true] },
      });
      await picture(page, 'filters');
      await page.getByRole('button', { name: 'Remove filter topic: astronomy or weather' }).click();
      await expect.poll(() => page.getByRole('checkbox', { name: 'astronomy' }).isChecked()).toBe(false);
      await page.getByRole('button', { name: 'Clear all' }).click();
      await expect.poll(() => page.locator('#summary strong').textContent()).toBe('Top 10');
      await expect.poll(async () => (await addressOf(page)).has('filter')).toBe(false);
    });

    test('the counts are those of the documents', async () => {
      await using opened = await open();
      const count = opened.page.locator('label', { hasText: 'astronomy' }).locator('.count');
      expect(await count.textContent()).toBe('6');
    });

    test('a range that is upside down is told, not sent', async () => {
      await using opened = await open(question);
      const { page, requests } = opened;
      await answered(page);
      await page.getByLabel('year from').fill('2020');
      await page.getByLabel('year to').fill('2010');
      await page.getByText('The first must not be beyond the second.').waitFor();
      expect(searches(requests).every((query) => !query.get('filter')?.includes('2010'))).toBe(true);
    });

    test('a click on a field of a result keeps those that have the same', async () => {
      await using opened = await open(question);
      const { page } = opened;
      await answered(page);
      await page.locator('#hits .hit').first().getByRole('button', { name: 'topic' }).click();
      await expect.poll(() => page.locator('#summary strong').textContent()).toBe('6 results');
      await expect.poll(() => page.getByRole('checkbox', { name: 'astronomy' }).isChecked()).toBe(true);
    });

    test('where nothing is left, the page offers to remove them; a filter it has no control for is shown and kept', async () => {
      const filter = { topic: { $startsWith: 'astro' }, year: { $lt: 1900 } };
      await using opened = await open(`${question}&filter=${encodeURIComponent(JSON.stringify(filter))}`);
      const { page } = opened;
      await page.getByText('within these filters').waitFor();
      await expect
        .poll(() => page.locator('.chip').allTextContents())
        .toEqual(['topic {"$startsWith":"astro"}×', 'year {"$lt":1900}×']);
      await page.getByRole('button', { name: 'Remove filter year' }).click();
      await expect.poll(() => page.locator('#summary strong').textContent()).toBe('6 results');
    });
  });

  describe('the address', () => {
    test('a reload shows the same; back and forward go from question to question and open and close documents', async () => {
      await using opened = await open();
      const { page } = opened;
      await page.locator('#q').fill('bread');
      await page.locator('#hits').getByText('Bread with a sourdough starter').waitFor();
      await page.getByRole('radio', { name: 'BM25' }).check();
      await page.locator('#summary').getByText('BM25 on first').waitFor();
      await page.getByRole('checkbox', { name: 'cooking' }).check();
      await page.locator('.chip').waitFor();
      await page.reload();
      await answered(page);
      await expect.poll(() => page.locator('#q').inputValue()).toBe('bread');
      await expect.poll(() => page.locator('input[value=bm25]').isChecked()).toBe(true);
      await expect.poll(() => page.getByRole('checkbox', { name: 'cooking' }).isChecked()).toBe(true);

      await page.locator('#hits h3 a').first().click();
      await page.locator('#document[open]').waitFor();
      await page.goBack();
      await page.locator('#document[open]').waitFor({ state: 'hidden' });
      await page.goBack();
      await page.locator('.chip').waitFor({ state: 'hidden' });
      await page.goBack();
      await page.locator('#summary').getByText('hybrid on first').waitFor();
      await page.goBack();
      await page.locator('.welcome').waitFor();
      await page.goForward();
      await page.locator('#hits').getByText('Bread with a sourdough starter').waitFor();
    });

    test('of a document opens it, and closing leaves the results', async () => {
      await using opened = await open(`${question}&doc=astronomy-2`);
      const { page } = opened;
      await page.locator('#document').getByText('thinner than a hundred metres').waitFor();
      await expect.poll(() => page.locator('#document').getByRole('link').getAttribute('rel')).toContain('noreferrer');
      await page.getByRole('button', { name: 'Close' }).click();
      await expect.poll(async () => (await addressOf(page)).has('doc')).toBe(false);
      expect((await answered(page))[0]).toBe('The rings of Saturn');
    });
  });

  describe('figures', () => {
    test('latency of this search and of all, recall sampled by the service, and a comparison with exact search on demand', async () => {
      await using opened = await open(`${question}&mode=dense`);
      const { page } = opened;
      await answered(page);
      await expect
        .poll(() => page.locator('.parts dt').allTextContents())
        .toEqual(['search', 'embedding', 'transport']);
      for (const figure of await page.locator('.parts dd').allTextContents()) expect(figure).toMatch(/^[\d.]+ ms$/);
      await page.getByRole('button', { name: 'Compare with exact search' }).click();
      await page.getByText('10 of 10 results are the same').waitFor();
      await page.locator('#q').fill('the speed of a search');
      await expect
        .poll(() => page.locator('.latency tbody th').allTextContents(), { timeout: 8_000 })
        .toContain('dense');
      const row = page.locator('.latency tbody tr', { hasText: 'dense' });
      for (const figure of await row.locator('td').allTextContents()) expect(Number(figure)).toBeGreaterThan(0);
      await page.locator('#q').fill('the recall of a search');
      await expect
        .poll(() => page.locator('.recall').textContent(), { timeout: 8_000 })
        .toMatch(/^Recall at 10100 % over \d+ sampled/);
      await page.getByRole('radio', { name: 'BM25' }).check();
      await page.getByText('BM25 is exact').waitFor();
    });
  });

  describe('without a mouse', () => {
    test('a search is typed, gone through, opened, closed and filtered', async () => {
      await using opened = await open();
      const { page } = opened;
      await page.getByText('Search 49 documents').waitFor();
      const focused = () => page.evaluate<string>('document.activeElement.textContent || document.activeElement.id');
      await page.keyboard.press('/');
      await page.keyboard.type('tuning a guitar');
      await page.locator('#hits').getByText('Tuning a guitar by ear').waitFor();
      const [first, second] = await answered(page);
      await page.keyboard.press('ArrowDown');
      expect(await focused()).toBe(first);
      await page.keyboard.press('ArrowDown');
      expect(await focused()).toBe(second);
      await expect
        .poll(() => page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle'))
        .toBe('solid');
      await page.keyboard.press('Enter');
      await page.locator('.document-text').waitFor();
      await expect.poll(() => page.locator('#document-title').textContent()).toBe(second);
      await page.keyboard.press('Escape');
      await page.locator('#document[open]').waitFor({ state: 'hidden' });
      await expect.poll(focused).toBe(second);
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('ArrowUp');
      expect(await focused()).toBe('q');
      // Backwards out of the box, forwards through the ranking to the boxes of the filters.
      for (let i = 0; i < 20 && !(await page.evaluate<boolean>("document.activeElement.type === 'checkbox'")); i++) {
        await page.keyboard.press('Tab');
      }
      await page.keyboard.press('Space');
      await page.locator('.chip').waitFor();
      await page.locator('.chip').press('Enter');
      await page.locator('.chip').waitFor({ state: 'hidden' });
      expect(await focused()).toBe('q');
      await page.getByRole('button', { name: 'Show 25' }).press('Enter');
      await page.locator('#hits .hit').nth(24).waitFor();
      expect(await focused()).toBe((await titles(page))[10]);
      await page.keyboard.press('/');
      expect(await focused()).toBe('q');
    });
  });

  describe('hostile documents', () => {
    test('are shown as the text that they are: in results, fields, filters, the map and the document', async () => {
      await using opened = await open('?q=escaping+markup');
      const { page } = opened;
      expect((await answered(page))[0]).toBe(hostile.title);
      const first = page.locator('#hits .hit').first();
      await expect
        .poll(() => first.locator('.snippet').textContent())
        .toContain('<script>window.attacked = 2</script>');
      await expect.poll(() => first.locator('button').allTextContents()).toContain(`topic${hostile.topic}`);
      await expect.poll(() => page.locator('.boxes .value').allTextContents()).toContain(hostile.topic);
      expect(await page.locator('#hits img, #hits script, #hits svg, .boxes b, .legend b').count()).toBe(0);
      await first.locator('h3 a').click();
      await page.locator('.document-text').waitFor();
      await expect.poll(() => page.locator('.document-text').textContent()).toBe(hostile.text);
      await expect.poll(() => page.locator('#document-title').textContent()).toBe(hostile.title);
      expect(await page.locator('#document-body').getByRole('link').count()).toBe(0);
      await expect.poll(() => page.locator('.document-id code').textContent()).toBe(hostile.id);
      await page.reload();
      await expect.poll(() => page.locator('#document-title').textContent()).toBe(hostile.title);
    });
  });
}
