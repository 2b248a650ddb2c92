import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../../dist/src/cli/index.js', import.meta.url));

/** Our own server in a process of its own, so that its processor time is not the client's. */
export async function startLocalServer(
  dialect: 'qdrant' | 'pinecone',
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const child = spawn(process.execPath, [cli, 'serve', dialect, '--port', '0', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const { url } = JSON.parse(String(line)) as { url: string };
  return {
    url,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}
