import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';

/** A key and a certificate that it signed itself, in PEM: whoever trusts the certificate trusts the server. */
export interface Identity {
  readonly key: string;
  readonly certificate: string;
}

/** Makes one for `localhost`; files in the directory. */
export function identity(directory: string, name: string): Identity {
  const [key, certificate] = [join(directory, `${name}-key.pem`), join(directory, `${name}.pem`)];
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
  const request = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
    '-subj',
    `/CN=${name}`,
  ];
  execFileSync('openssl', [...request, '-addext', names, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  return { key, certificate };
}

/** Ends TLS in front of a server of this machine that speaks plainly. */
export interface Terminator extends AsyncDisposable {
  readonly port: number;
  /** Bytes that clients sent through TLS: none come from who refuses the certificate. */
  readonly heard: () => number;
}

/** What {@link terminate} takes beside. */
interface TerminatorOptions {
  /** Of the application, as `h2`. Default none. */
  readonly protocols?: string[];
  /** Changes a part of what the server answers, to another of the same length. */
  readonly rewrite?: (text: string) => string;
}

export async function terminate(
  targetPort: number,
  { key, certificate }: Identity,
  { protocols = [], rewrite }: TerminatorOptions = {},
): Promise<Terminator> {
  const sockets = new Set<Socket>();
  let heard = 0;
  const server = createServer(
    { key: readFileSync(key), cert: readFileSync(certificate), ALPNProtocols: protocols },
    (secure) => {
      const plain = connect(targetPort, '127.0.0.1');
      for (const socket of [secure, plain]) {
        sockets.add(socket);
        socket.on('error', () => socket.destroy());
        socket.on('close', () => sockets.delete(socket));
      }
      secure.on('close', () => plain.destroy());
      plain.on('close', () => secure.destroy());
      secure.on('data', (chunk: Buffer) => {
        heard += chunk.length;
        plain.write(chunk);
      });
      plain.on('data', (chunk: Buffer) => {
        secure.write(rewrite === undefined ? chunk : Buffer.from(rewrite(chunk.toString('latin1')), 'latin1'));
      });
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    heard: () => heard,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
