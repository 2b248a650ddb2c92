import { expect, test, vi } from 'vitest';
import { connect } from '../../src/connect.ts';
import { describeBadConfiguration } from '../../test/support/bad-configuration.ts';

describeBadConfiguration({
  provider: 'pinecone',
  address: 'controllerHost',
  notOurs: /is that the address of Pinecone/,
});

test('no key for the service: InvalidArgument before any request, and the message says where to put it', async () => {
  vi.stubEnv('PINECONE_API_KEY', '');
  try {
    for (const config of ['pinecone:', { provider: 'pinecone' }])
      await expect(connect(config as never)).rejects.toMatchObject({
        code: 'InvalidArgument',
        message: expect.stringMatching(/apiKey|PINECONE_API_KEY/),
      });
  } finally {
    vi.unstubAllEnvs();
  }
});
