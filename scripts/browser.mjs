/** Chromium, which the browser test needs: found, or installed where that is possible. `node scripts/browser.mjs` does only this. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { canInstallPackages, installCommand, installPackages } from './addons/system-packages.mjs';
import { withLock } from './lib/lock.mjs';
import { isMain } from './lib/main.mjs';
import { cacheDir } from './lib/paths.mjs';
import { exitWith, SetupError } from './lib/report.mjs';
import { commandPath } from './lib/run.mjs';

const commands = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const packages = ['chromium'];

/**
 * The path of a Chromium: `$ANYVEC_CHROMIUM`, one in the PATH, or, as root on Debian, the distribution's, installed now.
 * @returns {Promise<string>}
 * @throws {SetupError} with the command to type.
 */
export async function prepareBrowser() {
  const chosen = process.env.ANYVEC_CHROMIUM;
  if (chosen !== undefined && chosen !== '') {
    if (existsSync(chosen)) return chosen;
    throw new SetupError(`browser  stopped ($ANYVEC_CHROMIUM is ${chosen}, which does not exist)`);
  }
  return installed() ?? (await withLock(join(cacheDir, 'browser.lock'), install));
}

async function install() {
  const able = canInstallPackages();
  if (installed() === undefined && able) await installPackages(packages);
  const path = installed();
  if (path !== undefined) return path;
  const reason = able ? 'apt-get could not install it' : 'only root can install it here';
  const remedy = `${installCommand(packages)}, or set ANYVEC_CHROMIUM to the path of a Chromium`;
  throw new SetupError(`browser  stopped (no Chromium for the browser test, and ${reason}); run: ${remedy}`);
}

const installed = () => commands.map(commandPath).find((path) => path !== undefined);

if (isMain(import.meta.filename)) {
  try {
    console.log(`browser  ${await prepareBrowser()}`);
  } catch (error) {
    exitWith(error);
  }
}
