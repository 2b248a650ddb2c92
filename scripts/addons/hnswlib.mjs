/** hnswlib-node: built by its own node-gyp build, as `npm install` would do it. */

import { root } from '../lib/paths.mjs';
import { npm } from '../lib/run.mjs';
import { nodeHeadersRoot } from './node-headers.mjs';

/** @type {import('../addons.mjs').Addon} */
export const hnswlib = {
  name: 'hnswlib',
  packageName: 'hnswlib-node',
  binary: 'build/Release/addon.node',
  builtFrom: '',
  systemPackages: ['g++', 'make', 'python3'],
  canBuildHere: true,
  commandElsewhere: 'npm rebuild hnswlib-node --ignore-scripts=false',
  build() {
    const nodedir = nodeHeadersRoot();
    return npm(['rebuild', 'hnswlib-node', '--ignore-scripts=false', '--foreground-scripts'], {
      cwd: root,
      env: nodedir === undefined ? {} : { npm_config_nodedir: nodedir },
    });
  },
};
