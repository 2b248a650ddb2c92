import { expect, it } from 'vitest';
import type { Capabilities } from '../src/capabilities.ts';
import { testedBackends } from './backends/all.ts';
import { capabilityMatrix, renderMatrix } from './index.ts';
import { inapplicableCases, readCapabilities, selectCases } from './register.ts';

const columns = await Promise.all(
  testedBackends.map(async ({ name, tested, harness: build }) => {
    const harness = build();
    const capabilities = await readCapabilities(harness);
    await harness.close?.();
    return { name, tested, capabilities };
  }),
);

function casesOf(capabilities: Capabilities): number {
  return selectCases(capabilities).flatMap(({ cases }) => cases).length;
}

it('docs/backends.md says what the suite found (npm run conformance writes it)', async () => {
  const rows = columns.map(
    ({ name, tested, capabilities }) =>
      `| ${name} | ${tested} | ${casesOf(capabilities)} | ${inapplicableCases(capabilities).length} |`,
  );
  await expect(`# Backends

What each backend does natively, what is emulated with the same answers (and at what cost), and what is refused with \`Unsupported\`. The
conformance suite tests all of it: that what is supported answers like the reference, and that what is refused is refused. Written by
\`npm run conformance\`; a test fails where it is out of date. \`npm run conformance -- --backend qdrant --url http://localhost:6333\` runs
the suite against a server of your own and prints its column.

| backend | tested with | cases, all passing | ruled out by refusals |
|---|---|---|---|
${rows.join('\n')}

${renderMatrix(capabilityMatrix(columns)).replaceAll('### ', '## ')}`).toMatchFileSnapshot('../docs/backends.md');
});
