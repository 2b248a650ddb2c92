/** Finds the headers of this Node (node_api.h), so that building an addon does not have to download them. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * The directory that has `include/node/node_api.h` below it, or `undefined`. Both addons use Node-API only, whose
 * ABI is the same in every supported Node: headers of another version serve as well.
 */
export function nodeHeadersRoot() {
  const candidates = [
    dirname(dirname(process.execPath)),
    process.env.npm_config_nodedir,
    '/usr',
    '/usr/local',
    join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'node-gyp', process.versions.node),
  ];
  return candidates.find(
    (directory) => directory !== undefined && existsSync(join(directory, 'include/node/node_api.h')),
  );
}
