import { test } from 'vitest';
import { serve } from '../../src/server/index.ts';
test('serve', async () => { const s = await serve({ dialect: 'qdrant', port: 16399 }); await new Promise((r) => setTimeout(r, Number(process.env.SERVE_MS))); await s.close(); }, 600000);
