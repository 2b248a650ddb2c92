import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { connect } from './index.ts';
import { pineconeDialect } from './server/dialects/pinecone/index.ts';
import { guard } from './server/guard.ts';
export async function rig(quirks = {}) {
  const database = await connect('native:');
  const dialect = pineconeDialect({ database, quirks });
  const app = new Hono<any>();
  app.use(guard({ hosts: ['127.0.0.1'], apiKey: 'k', dialect }));
  app.route('/', dialect.app);
  app.notFound(() => dialect.failure(501, 'not covered'));
  const server = createAdaptorServer({ fetch: app.fetch }) as any;
  await new Promise<void>((r) => server.listen(0, '127.0.0.1', () => r()));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}
