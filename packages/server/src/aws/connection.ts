import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { rootCertificates } from 'node:tls';
import { AppError } from '../domain/errors.ts';
import { lookup } from '../outbound/process-names.ts';

export interface ConnectionOptions {
  /** A file of certificates (PEM) to trust in addition to the system's. */
  readonly caBundle: string | null;
  readonly connectMs: number;
  /** A request without an answer by then is retried. */
  readonly answerMs: number;
  readonly maxSockets: number;
}

/**
 * The SDK client's connection settings: its `requestHandler`. Errors: `unavailable` for an unreadable certificate
 * bundle.
 */
export async function connection({ caBundle, connectMs, answerMs, maxSockets }: ConnectionOptions) {
  const ca = caBundle === null ? undefined : [...rootCertificates, await readCertificates(caBundle)];
  return {
    connectionTimeout: connectMs,
    requestTimeout: answerMs,
    throwOnRequestTimeout: true,
    httpAgent: withoutStaleConnections(new HttpAgent({ keepAlive: true, maxSockets, lookup })),
    httpsAgent: withoutStaleConnections(new HttpsAgent({ keepAlive: true, maxSockets, lookup, ...(ca && { ca }) })),
  };
}

/**
 * After one connection fails, the idle ones are closed too: after a freeze of the process all of them are dead, and
 * each would cost a retry.
 */
function withoutStaleConnections<A extends HttpAgent>(agent: A): A {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (...args) => {
    const socket = connect(...args);
    socket?.on('error', () => {
      for (const idle of Object.values(agent.freeSockets).flat()) idle?.destroy();
    });
    return socket;
  };
  return agent;
}

async function readCertificates(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError('unavailable', `The certificates can't be read (${reason}): set AWS_CA_BUNDLE to a file`, {
      cause: error,
    });
  });
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new AppError('unavailable', `${path} has no certificate in PEM: set AWS_CA_BUNDLE to a file that has`);
}
