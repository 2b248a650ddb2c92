import { type Browser, chromium } from 'playwright-core';

import { prepareBrowser } from '../../../scripts/browser.mjs';
import { openModel, type RunningService, startGuardedService, startOpenService } from './service.ts';

/** What the tests of the page share. */
export interface Running {
  readonly browser: Browser;
  readonly service: RunningService;
  /** The one with keys. */
  readonly guarded: RunningService;
}

let current: Running | undefined;

/** @throws before `start` and after its end. */
export function running(): Running {
  if (current === undefined) throw new Error('nothing is running: start() comes first');
  return current;
}

/** Starts Chromium, the model and both services. Ends them with what it returns. */
export async function start(): Promise<() => Promise<void>> {
  const executablePath = await prepareBrowser();
  const model = await openModel();
  const [service, guarded, browser] = await Promise.all([
    startOpenService(model),
    startGuardedService(),
    chromium.launch({ executablePath, headless: true }),
  ]);
  current = { browser, service, guarded };
  return async () => {
    current = undefined;
    await browser.close();
    await Promise.all([service.close(), guarded.close()]);
    await model.close?.();
  };
}
