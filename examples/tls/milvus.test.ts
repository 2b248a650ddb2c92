import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type Identity, identity, terminate } from '../../test/support/tls.ts';
import { milvus } from './connections.ts';
import { roundTrip } from './round-trip.ts';

let directory: string;
let ours: Identity;
let stranger: Identity;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'anyvec-tls-milvus-'));
  ours = identity(directory, 'ours');
  stranger = identity(directory, 'stranger');
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What comes of asking with an authority, and how many bytes the server was sent. */
async function asked({ certificate }: Identity) {
  await using front = await terminate(inject('milvusPorts').milvus, ours, { protocols: ['h2'] });
  const connection = milvus(`https://localhost:${front.port}`, { authority: certificate }, 'root:canary');
  return { answer: await roundTrip(connection), heard: front.heard() };
}

it('a real Milvus behind TLS answers who trusts its certificate; others send it nothing', async () => {
  const { answer, heard } = await asked(ours);
  expect([answer, heard > 0]).toEqual(['ok', true]);
  const refused = await asked(stranger);
  expect(refused.answer).toMatch(/^(Unavailable|Timeout): /);
  expect(refused.answer).not.toContain('canary');
  expect(refused.heard).toBe(0);
});
