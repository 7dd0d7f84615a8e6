import { once } from 'node:events';
import { createServer } from 'node:http';
import { type CephServer, startCeph } from './ceph.ts';
import type { S3Endpoint } from './s3-endpoint.ts';

/** Names the servers that a run's test processes share: a URL that answers once they are up. */
export const TEST_SERVERS_URL = 'SAFELIGHT_TEST_SERVERS_URL';

/** Test servers that other processes may use. They start at once, in the background. */
export interface SharedServers {
  readonly url: string;
  readonly ceph: Promise<CephServer>;
  /** Says where logs were kept, if they were. */
  stop(outcome: 'passed' | 'failed'): Promise<string | undefined>;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export async function shareServers(): Promise<SharedServers> {
  const ceph = startCeph();
  // Told to whoever asks for it.
  ceph.catch(() => {});
  const server = createServer(async (_request, response) => {
    const [status, body] = await ceph.then(
      ({ s3 }) => [200, JSON.stringify(s3)] as const,
      (error: unknown) => [500, messageOf(error)] as const,
    );
    response.writeHead(status).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error(`expected a port; came ${address}`);
  return {
    url: `http://127.0.0.1:${address.port}`,
    ceph,
    async stop(outcome) {
      server.close();
      server.closeAllConnections();
      return ceph.then(
        (one) => one.stop(outcome),
        () => undefined,
      );
    },
  };
}

/** Waits until they are up. */
export async function askSharedServers(url: string): Promise<S3Endpoint> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`expected the run's S3 server; came: ${await response.text()}`);
  return (await response.json()) as S3Endpoint;
}
