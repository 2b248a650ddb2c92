import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { connect } from '../../src/connect.ts';
import { describeBadConfiguration } from '../../test/support/bad-configuration.ts';

describeBadConfiguration({
  provider: 'qdrant',
  address: 'url',
  notOurs: /is that the address of a Qdrant server/,
});

test('the health of something else at that address is said to be no Qdrant', async () => {
  const other = createServer((_, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"result":{}}'),
  );
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  await using db = await connect(`qdrant://127.0.0.1:${(other.address() as AddressInfo).port}`);
  expect(await db.health()).toMatchObject({ ok: false, problem: expect.stringContaining('no Qdrant') });
  other.closeAllConnections();
  other.close();
});
