import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContextOptions, Page, Request } from 'playwright-core';
import { expect } from 'vitest';

import { cacheDir } from '../../../scripts/lib/paths.mjs';
import { running } from './running.ts';

/** A page of the service, and everything that it did beside what is seen. */
export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  /** Errors and warnings of the console, and errors that nothing caught. */
  readonly complaints: string[];
  /** Every request, in order. */
  readonly requests: Request[];
}

/** What the page may complain of: `errors` are of the console. Default none. */
export interface PageOptions extends BrowserContextOptions {
  readonly path?: string;
  /** Of the console's errors, those that belong to the test: the browser itself reports every failed request there. */
  readonly expected?: RegExp;
}

/**
 * Opens the page in a context of its own. When it is disposed of it is checked: no error or warning in the console, none that nothing caught, and no
 * request to another place than the service.
 */
export async function openPage(url: string, options: PageOptions = {}): Promise<OpenPage> {
  const { path = '', expected, ...contextOptions } = options;
  const context = await running().browser.newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme: 'light',
    ...contextOptions,
  });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: Request[] = [];
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    if (!expected?.test(message.text())) complaints.push(`${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => complaints.push(error.stack ?? error.message));
  context.on('request', (request) => requests.push(request));
  await page.goto(url + path);
  return {
    page,
    complaints,
    requests,
    async [Symbol.asyncDispose]() {
      const attacked: unknown = await page.evaluate('window.attacked');
      await context.close();
      expect(complaints).toEqual([]);
      expect(requests.map((request) => request.url()).filter((address) => !address.startsWith(url))).toEqual([]);
      expect(attacked).toBeUndefined();
    },
  };
}

/** The titles of the results, best first. */
export const titles = (page: Page) => page.locator('#hits h3 a').allTextContents();

/** Waits until the results are of this question, and returns their titles. */
export async function answered(page: Page): Promise<string[]> {
  await page.locator('#summary strong').waitFor();
  await page.locator('#hits[aria-busy="false"]').waitFor({ state: 'attached' });
  return titles(page);
}

/** The searches among requests, as their parameters. */
export const searches = (requests: readonly Request[]) =>
  requests
    .map((request) => new URL(request.url()))
    .filter(({ pathname }) => pathname === '/search')
    .map(({ searchParams }) => searchParams);

const folder = join(cacheDir, 'screenshots', 'semantic-search');

/** Keeps what is seen as a picture, for people to look at. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' });
}
