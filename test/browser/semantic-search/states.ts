/** What the page looks like to everybody, everywhere, and when things go wrong. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';

import { answered, openPage, type PageOptions, picture, titles } from './page.ts';
import { running } from './running.ts';
import { keys } from './service.ts';

const contrasts = readFileSync(join(import.meta.dirname, 'in-page/contrasts.js'), 'utf8');
const question = '?q=why+do+planets+have+rings+of+ice';
const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true } as const;
const open = (path: string, options: PageOptions = {}) => openPage(running().service.url, { path, ...options });

/** Keys, pauses, a service that is away, themes, a phone, accessibility. */
export function describeStates(): void {
  describe('a service with keys', () => {
    const refused = { expected: /status of 401/ };
    const openGuarded = (path: string, options: PageOptions = refused) =>
      openPage(running().guarded.url, { path, ...options });

    async function enterKey(page: Page, key: string): Promise<void> {
      await page.getByRole('textbox', { name: 'API key' }).fill(key);
      await page.getByRole('button', { name: 'Use the key' }).click();
    }

    test('asks for one, refuses a wrong one, keeps it in the tab and out of the address, and says when words alone answer', async () => {
      await using opened = await openGuarded('?q=sourdough');
      const { page, requests } = opened;
      await page.locator('#key-dialog[open]').waitFor();
      await picture(page, 'key');
      await enterKey(page, 'not-the-key-of-anybody');
      await page.getByText('The service does not know that key.').waitFor();
      await enterKey(page, keys.reader);
      expect((await answered(page))[0]).toBe('Bread with a sourdough starter');
      await page.getByText('The documents have no embeddings yet').waitFor();
      await page.reload();
      expect((await answered(page))[0]).toBe('Bread with a sourdough starter');
      await expect.poll(() => page.evaluate('sessionStorage.length + localStorage.length')).toBe(1);
      expect(requests.filter((request) => request.url().includes(keys.reader))).toEqual([]);
      await expect.poll(() => page.context().cookies()).toEqual([]);
    });

    test('can be left alone, and asked again', async () => {
      await using opened = await openGuarded('');
      const { page } = opened;
      await page.locator('#key-dialog[open]').waitFor();
      await page.keyboard.press('Escape');
      await page.getByText('This service needs a key before it answers.').waitFor();
      await page.getByRole('button', { name: 'Enter the key' }).click();
      await enterKey(page, keys.reader);
      await page.getByText('Search 49 documents').waitFor();
      await expect.poll(() => page.locator('#notice').isVisible()).toBe(false);
    });

    test('without documents says how to add the first one', async () => {
      await using opened = await openGuarded('');
      await enterKey(opened.page, keys.hurried);
      await opened.page.getByText('There are no documents yet').waitFor();
      await opened.page.getByText('Nothing to draw yet').waitFor();
    });

    test('that wants a pause gets it: the page counts down, asks again by itself, and shows the answer', async () => {
      await using opened = await openGuarded('', { expected: /status of (401|429)/ });
      const { page } = opened;
      await enterKey(page, keys.hurried);
      await page.getByText('There are no documents yet').waitFor();
      const headers = { authorization: `Bearer ${keys.hurried}` };
      const spend = async () => (await fetch(`${running().guarded.url}search?q=x&mode=bm25`, { headers })).status;
      // Until the page has met it, somebody else uses up whatever the key is allowed.
      const spending = setInterval(() => void spend().catch(() => {}), 40);
      const notice = page.getByText('it asks for a pause');
      for (let i = 0; i < 10 && !(await notice.isVisible()); i++) {
        await page.locator('#q').fill(`anything ${i}`);
        await notice.waitFor({ timeout: 3_000 }).catch(() => {});
      }
      await page.getByText(/Asking again/).waitFor();
      clearInterval(spending);
      await notice.waitFor({ state: 'hidden' });
      await page.getByText(`Nothing for “${await page.locator('#q').inputValue()}”`).waitFor();
    });
  });

  describe('a service that is away', () => {
    test('is told, what was found stays, and the answer comes when it is back', async () => {
      await using opened = await open(question, { expected: /ERR_INTERNET_DISCONNECTED/ });
      const { page } = opened;
      const before = await answered(page);
      await page.context().setOffline(true);
      await page.locator('#q').fill('the offside rule');
      await page.getByText('The service does not answer').waitFor();
      await picture(page, 'offline');
      expect(await titles(page)).toEqual(before);
      await page.context().setOffline(false);
      await page.locator('#hits').getByText('The offside rule').waitFor();
      await expect.poll(() => page.locator('#notice').isVisible()).toBe(false);
    });

    test('errors of a question stand where its answer would', async () => {
      const filter = encodeURIComponent('{"year":{"$near":3}}');
      await using opened = await open(`${question}&filter=${filter}`, { expected: /status of 400/ });
      await opened.page.locator('#aftermath').getByText('$near').waitFor();
    });
  });

  describe('themes', () => {
    test('the page follows the system, the switch overrules it, and a reload remembers', async () => {
      await using opened = await open('', { colorScheme: 'dark' });
      const { page } = opened;
      const paper = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
      const dark = await paper();
      await page.emulateMedia({ colorScheme: 'light' });
      const light = await paper();
      expect(light).not.toBe(dark);
      const button = page.getByRole('button', { name: 'Theme' });
      await button.click();
      await button.click();
      expect(await button.getAttribute('aria-label')).toBe('Theme: dark');
      expect(await paper()).toBe(dark);
      await page.reload();
      expect(await paper()).toBe(dark);
    });

    test.each(['light', 'dark'] as const)('%s: every text has a contrast of 4.5 or more', async (colorScheme) => {
      await using opened = await open(`${question}&filter=${encodeURIComponent('{"illustrated":{"$in":[true]}}')}`, {
        colorScheme,
      });
      const { page } = opened;
      await answered(page);
      await page.getByText('10 results marked').waitFor();
      await picture(page, colorScheme);
      const texts = await page.evaluate<{ text: string; ratio: number }[]>(contrasts);
      expect(texts.length).toBeGreaterThan(60);
      expect(texts.filter(({ ratio }) => !(ratio >= 4.5))).toEqual([]);
    });

    test('who wants no motion gets none', async () => {
      await using opened = await open(`${question}&doc=astronomy-2`, { reducedMotion: 'reduce' });
      const { page } = opened;
      await page.locator('.document-text').waitFor();
      const durations = `[...document.querySelectorAll('*')].map((element) => getComputedStyle(element))
      .flatMap(({ animationDuration, transitionDuration }) => [animationDuration, transitionDuration])
      .flatMap((list) => list.split(',').map(parseFloat))`;
      expect(Math.max(...(await page.evaluate<number[]>(durations)))).toBeLessThan(0.001);
    });
  });

  describe('a phone of 360 pixels', () => {
    test('shows one thing at a time, reaches all of them, and never scrolls sideways', async () => {
      await using opened = await open(question, phone);
      const { page } = opened;
      const fits = async () =>
        await expect
          .poll(() => page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'))
          .toBe(0);
      await answered(page);
      await fits();
      await picture(page, 'phone');
      await page.getByRole('radio', { name: 'Map' }).check();
      await page.locator('#map-canvas').waitFor();
      await expect.poll(() => page.locator('#hits').isVisible()).toBe(false);
      await fits();
      await picture(page, 'phone-map');
      await page.getByRole('radio', { name: 'Speed' }).check();
      await page.getByText('Recall', { exact: false }).first().waitFor();
      await fits();
      await picture(page, 'phone-speed');
      await page.getByRole('radio', { name: 'Results' }).check();
      await page.getByRole('button', { name: 'Filters' }).tap();
      await page.getByRole('checkbox', { name: 'astronomy' }).check();
      await fits();
      await picture(page, 'phone-filters');
      await page.getByRole('button', { name: 'Show the results' }).tap();
      await expect.poll(() => page.locator('#filters').isVisible()).toBe(false);
      await page.locator('#hits h3 a').first().tap();
      await page.locator('.document-text').waitFor();
      await fits();
      await picture(page, 'phone-document');
    });
  });

  describe('accessibility, as axe sees it', () => {
    /** What keeps people from using it: rules of axe and the elements that break them. */
    async function violations(page: Page): Promise<string[]> {
      await page.evaluate(axe.source);
      const found = await page.evaluate<{ id: string; impact: string; nodes: { html: string }[] }[]>(
        "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)",
      );
      return found
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
    }

    test.each([
      ['results, light', question, {}],
      ['results, dark', `${question}&filter=${encodeURIComponent('{"year":{"$gte":2000}}')}`, { colorScheme: 'dark' }],
      ['the document, dark', `${question}&doc=astronomy-2`, { colorScheme: 'dark' }],
      ['the map on a phone', `${question}&view=map`, phone],
    ] as const)('%s', async (_, path, options) => {
      await using opened = await open(path, options);
      const { page } = opened;
      await page.locator('#summary strong').waitFor({ state: 'attached' });
      await page.getByText('10 results marked').waitFor({ state: 'attached' });
      if (path.includes('doc=')) await page.locator('.document-text').waitFor();
      await page.waitForTimeout(250);
      expect(await violations(page)).toEqual([]);
    });
  });
}
