import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { skipWithout } from '../../../../../test/servers/installed.ts';

/** A server in front of a store, which may answer in its place. */
export interface StoreFront extends AsyncDisposable {
  readonly url: string;
}

export interface Certificate extends AsyncDisposable {
  /** A CA file, as AWS_CA_BUNDLE takes one. */
  readonly path: string;
  readonly cert: string;
  readonly key: string;
}

export interface StoreFrontOptions {
  /** The store that gets the requests that `answer` doesn't handle. */
  readonly to: string;
  readonly certificate?: Certificate;
  readonly port?: number;
  /** Answers the request itself, or returns `left` to pass it on. */
  readonly answer?: (incoming: IncomingMessage, outgoing: ServerResponse) => 'answered' | 'left';
}

export async function startStoreFront(options: StoreFrontOptions): Promise<StoreFront> {
  const { to, certificate, port = 0, answer = () => 'left' } = options;
  const handle = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    if (answer(incoming, outgoing) === 'answered') return;
    const { method, headers } = incoming; // including Host, which is signed
    const passed = request(new URL(incoming.url ?? '', to), { method, headers }, (answered) => {
      outgoing.writeHead(answered.statusCode ?? 502, answered.headers);
      answered.pipe(outgoing);
    });
    passed.on('error', () => outgoing.destroy());
    incoming.pipe(passed);
  };
  const server = certificate ? createTlsServer(certificate, handle) : createServer(handle);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return {
    url: `${certificate ? 'https' : 'http'}://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function sendXml(outgoing: ServerResponse, body: string): 'answered' {
  outgoing.writeHead(200, { 'Content-Type': 'application/xml' }).end(`<?xml version="1.0"?>${body}`);
  return 'answered';
}

/** The store gets the request, and the sender no answer. */
export function storeAndCut(incoming: IncomingMessage, outgoing: ServerResponse, to: string): 'answered' {
  const { method, headers } = incoming;
  const passed = request(new URL(incoming.url ?? '', to), { method, headers }, (answered) => {
    answered.resume().on('end', () => outgoing.destroy());
  });
  incoming.pipe(passed);
  return 'answered';
}

/** An error in S3's XML. */
export function sendS3Error(
  outgoing: ServerResponse,
  { status, code, message = code, details = '', headers = {} }: S3ErrorAnswer,
): 'answered' {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message>${details}</Error>`;
  outgoing.writeHead(status, { 'Content-Type': 'application/xml', ...headers }).end(body);
  return 'answered';
}

export interface S3ErrorAnswer {
  readonly status: number;
  readonly code: string;
  /** The status of its code, unless given. */
  readonly message?: string;
  /** Additional elements of this error. */
  readonly details?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The reason to skip, or false: `makeCertificate` needs a program. */
export const NO_CERTIFICATE = skipWithout('openssl');

/** A self-signed certificate for 127.0.0.1. */
export async function makeCertificate(): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), 'safelight-certificate-'));
  const [path, keyPath] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-days', '2'];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  await promisify(execFile)('openssl', ['req', ...kind, ...subject, '-keyout', keyPath, '-out', path]);
  return {
    path,
    cert: await readFile(path, 'utf8'),
    key: await readFile(keyPath, 'utf8'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
