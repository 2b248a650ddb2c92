import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from 'anyvec/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../scripts/lib/run.mjs';
import { bundleDirectory, bundleExamples } from '../../test/support/bundle-example.ts';
import { type Identity, identity, terminate } from '../../test/support/tls.ts';

const key = 'canary-right-key';
const bundled = bundleDirectory('tls');
let directory: string;
let ours: Identity;
let stranger: Identity;
let program: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'anyvec-tls-'));
  ours = identity(directory, 'ours');
  stranger = identity(directory, 'stranger');
  [program = ''] = await bundleExamples(['examples/tls/main.ts'], bundled, 'node');
}, 60_000);

afterAll(() => {
  for (const made of [directory, bundled]) rmSync(made, { recursive: true, force: true });
});

/** The hosts of Pinecone's service have no scheme; the server here, which knows nothing of the TLS in front of it, gives its own. */
const withoutScheme = (text: string) => text.replace('"host":"http://localhost', '"host":       "localhost');

describe.each(['qdrant', 'pinecone'] as const)('%s behind TLS, with a key', { timeout: 60_000 }, (dialect) => {
  /** What the program says in a process that trusts an authority beside those that Node knows. */
  async function said(given: { trusts?: Identity; apiKey?: string; scheme?: string }) {
    await using server = await serve({ dialect, apiKey: key });
    await using front = await terminate(Number(new URL(server.url).port), ours, { rewrite: withoutScheme });
    const name = dialect.toUpperCase();
    const env = {
      [`${name}_URL`]: `${given.scheme ?? 'https'}://localhost:${front.port}`,
      [`${name}_API_KEY`]: given.apiKey ?? key,
      NODE_EXTRA_CA_CERTS: given.trusts?.certificate,
    };
    const { output } = await run(process.execPath, [program], { env });
    return { said: output.trim(), heard: front.heard() };
  }

  it('answers who trusts its certificate and has the key', async () => {
    const answer = await said({ trusts: ours });
    expect(answer.said).toBe(`${dialect}: ok`);
    expect(answer.heard).toBeGreaterThan(0);
  });

  it('is unavailable to who trusts another authority, or none, and says why; nothing is sent', async () => {
    for (const trusts of [{ trusts: stranger }, {}]) {
      const answer = await said(trusts);
      expect(answer.said).toMatch(`${dialect}: Unavailable: `);
      expect(answer.said).toMatch(/certificate/i);
      expect(answer.heard).toBe(0);
      expect(answer.said).not.toContain('canary');
    }
  });

  it('refuses a wrong key, which is not in the error', async () => {
    const answer = await said({ trusts: ours, apiKey: 'canary-wrong-key' });
    expect(answer.said).toMatch(`${dialect}: Unauthenticated: `);
    expect(answer.said).not.toContain('canary');
  });

  it('does not answer who speaks plainly', async () => {
    const answer = await said({ trusts: ours, scheme: 'http' });
    expect(answer.said).toMatch(`${dialect}: Unavailable: `);
    expect(answer.heard).toBe(0);
  });
});
