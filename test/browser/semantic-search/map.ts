/** The map of the collection. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';

import { articles, hostile } from './articles.ts';
import { answered, openPage, picture } from './page.ts';
import { running } from './running.ts';

const question = '?q=why+do+planets+have+rings+of+ice';
const open = (path = '') => openPage(running().service.url, { path });

/** Points, colours, marks, pointer, wheel and keys. */
export function describeMap(): void {
  describe('the map', () => {
    const look = (page: Page) => page.evaluate<string>("document.getElementById('map-canvas').toDataURL()");

    /** Moves the pointer over the map until it is on a point. */
    async function findPoint(page: Page): Promise<{ x: number; y: number }> {
      const box = (await page.locator('#map-canvas').boundingBox())!;
      for (let step = 0; step < 400; step++) {
        const x = box.x + box.width * (0.1 + 0.04 * (step % 20));
        const y = box.y + box.height * (0.1 + 0.04 * Math.floor(step / 20));
        await page.mouse.move(x, y);
        if (await page.locator('#map-tooltip').isVisible()) return { x, y };
      }
      throw new Error('there is no point anywhere on the map');
    }

    test('shows every document in the colour of its group, marks the results, and opens what is clicked', async () => {
      await using opened = await open();
      const { page } = opened;
      await page.getByText(`${articles.length} points`).waitFor();
      await expect
        .poll(() => page.locator('.legend .value').allTextContents())
        .toEqual(expect.arrayContaining(['astronomy', 'cooking', hostile.topic]));
      const bare = await look(page);
      await page.locator('#q').fill('why do planets have rings of ice');
      await page.locator('#map-status').getByText('10 results marked').waitFor();
      await expect.poll(() => look(page)).not.toBe(bare);
      const spot = await findPoint(page);
      const title = (await page.locator('#map-tooltip strong').textContent()) ?? '';
      await picture(page, 'map');
      await page.mouse.click(spot.x, spot.y);
      await expect.poll(() => page.locator('#document-title').textContent()).toBe(title);
      await page.locator('.document-text').waitFor();
    });

    test('zooms with buttons, keys and wheel, moves with the pointer, and goes back to the whole', async () => {
      await using opened = await open();
      const { page } = opened;
      await page.getByText(`${articles.length} points`).waitFor();
      const whole = await look(page);
      const changes = async (act: () => Promise<void>) => {
        const before = await look(page);
        await act();
        await expect.poll(() => look(page)).not.toBe(before);
      };
      await changes(() => page.locator('#map-in').click());
      await changes(() => page.locator('#map-out').click());
      await page.locator('#map-canvas').focus();
      await changes(() => page.keyboard.press('+'));
      await page.locator('#map-canvas').hover();
      await changes(() => page.mouse.wheel(0, -300));
      const box = (await page.locator('#map-canvas').boundingBox())!;
      await changes(async () => {
        await page.mouse.move(box.x + 30, box.y + 30);
        await page.mouse.down();
        await page.mouse.move(box.x + 90, box.y + 70, { steps: 4 });
        await page.mouse.up();
      });
      await expect.poll(() => page.locator('#document').isVisible()).toBe(false);
      await page.keyboard.press('0');
      await page.mouse.move(0, 0);
      await expect.poll(() => look(page)).toBe(whole);
    });

    test('a colour of the legend shows its points alone, and a result shows where it is', async () => {
      await using opened = await open(question);
      const { page } = opened;
      await answered(page);
      const before = await look(page);
      const button = page.locator('.legend').getByRole('button', { name: 'astronomy' });
      await button.click();
      expect(await button.getAttribute('aria-pressed')).toBe('true');
      await expect.poll(() => look(page)).not.toBe(before);
      await button.click();
      await expect.poll(() => look(page)).toBe(before);
      await page.locator('#hits .hit').first().hover();
      await expect.poll(() => page.locator('#map-tooltip strong').textContent()).toBe('The rings of Saturn');
    });

    test('the arrow keys go from point to point, Enter opens, and it can be enlarged', async () => {
      await using opened = await open(question);
      const { page } = opened;
      await answered(page);
      await page.getByRole('button', { name: 'Enlarge' }).click();
      await expect.poll(() => page.evaluate<string>('location.search')).toContain('view=map');
      await page.locator('#map-canvas').focus();
      await page.keyboard.press('ArrowRight');
      const first = await page.locator('#map-status').textContent();
      await page.keyboard.press('ArrowDown');
      const second = await page.locator('#map-status').textContent();
      expect(second).not.toBe(first);
      await page.keyboard.press('Enter');
      await page.locator('#document[open]').waitFor();
      expect(second).toContain(await page.locator('#document-title').textContent());
    });
  });
}
