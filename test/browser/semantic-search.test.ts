/** The page of the semantic-search example in Chromium, against the real service with real embeddings. */
import { afterAll, beforeAll } from 'vitest';

import { describeMap } from './semantic-search/map.ts';
import { start } from './semantic-search/running.ts';
import { describeStates } from './semantic-search/states.ts';
import { describeUse } from './semantic-search/use.ts';

let stop: (() => Promise<void>) | undefined;

beforeAll(async () => {
  stop = await start();
}, 240_000);

afterAll(() => stop?.());

describeUse();
describeMap();
describeStates();
