import { once } from 'node:events';
import { createServer } from 'node:http';
import { type CephServer, startCeph } from './ceph.ts';
import type { DynamoEndpoint } from './dynamo-endpoint.ts';
import { type DynoxideServer, startDynoxide } from './dynoxide.ts';
import { type FauxqsServer, startFauxqs } from './fauxqs.ts';
import { type PostgresEndpoint, type PostgresServer, startPostgres } from './postgres.ts';
import type { S3Endpoint } from './s3-endpoint.ts';
import type { SqsEndpoint } from './sqs-endpoint.ts';

/** The variable that names the servers of a run: a URL below which each answers once it is up. */
export const TEST_SERVERS_URL = 'SAFELIGHT_TEST_SERVERS_URL';

/** Test servers for other processes. Each starts when it is first asked for, in the background and independently. */
export interface SharedServers {
  readonly url: string;
  readonly ceph: () => Promise<CephServer>;
  readonly dynoxide: () => Promise<DynoxideServer>;
  readonly fauxqs: () => Promise<FauxqsServer>;
  readonly postgres: () => Promise<PostgresServer>;
  stop(outcome: 'passed' | 'failed'): Promise<StoppedServers>;
}

export interface StoppedServers {
  /** The folders of kept logs. */
  readonly logs: readonly string[];
  /** Refused scans: the run has failed then. */
  readonly refusedScans: readonly string[];
}

interface Endpoints {
  readonly s3: S3Endpoint;
  readonly dynamo: DynamoEndpoint;
  readonly sqs: SqsEndpoint;
  readonly postgres: PostgresEndpoint;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export async function shareServers(): Promise<SharedServers> {
  const [ceph, dynoxide, fauxqs] = [startedOnce(startCeph), startedOnce(startDynoxide), startedOnce(startFauxqs)];
  const postgres = startedOnce(() => startPostgres());
  const endpoints: { readonly [Name in keyof Endpoints]: () => Promise<Endpoints[Name]> } = {
    s3: async () => (await ceph.started()).s3,
    dynamo: async () => (await dynoxide.started()).dynamo,
    sqs: async () => (await fauxqs.started()).sqs,
    postgres: async () => (await postgres.started()).postgres,
  };
  const isName = (name: string): name is keyof Endpoints => Object.hasOwn(endpoints, name);
  const server = createServer(async ({ url = '' }, response) => {
    const name = url.slice(1);
    const endpoint = isName(name) ? endpoints[name]() : Promise.reject(new Error(`there is no ${url}`));
    const [status, body] = await endpoint.then(
      (one) => [200, JSON.stringify(one)] as const,
      (error: unknown) => [500, messageOf(error)] as const,
    );
    response.writeHead(status).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error(`expected a port; got ${address}`);
  return {
    url: `http://127.0.0.1:${address.port}`,
    ceph: ceph.started,
    dynoxide: dynoxide.started,
    fauxqs: fauxqs.started,
    postgres: postgres.started,
    async stop(outcome) {
      server.close();
      server.closeAllConnections();
      const started = await Promise.all([ceph, dynoxide, fauxqs, postgres].map((one) => one.ifStarted()));
      const logs = await Promise.all(started.map((one) => one?.stop(outcome)));
      return {
        logs: logs.filter((folder) => folder !== undefined),
        refusedScans: (await dynoxide.ifStarted())?.refusedScans ?? [],
      };
    },
  };
}

/** A caller that asks for a server gets its start error. */
function startedOnce<Server>(start: () => Promise<Server>) {
  let server: Promise<Server> | undefined;
  return {
    started: (): Promise<Server> => {
      server ??= start();
      return server;
    },
    /** Undefined if nobody asked for it, or if its start failed. */
    ifStarted: async (): Promise<Server | undefined> => server?.catch(() => undefined),
  };
}

/** Waits until that server is up. */
export async function askSharedServers<Name extends keyof Endpoints>(
  url: string,
  name: Name,
): Promise<Endpoints[Name]> {
  const response = await fetch(new URL(name, url));
  if (!response.ok) throw new Error(`expected the run's server for ${name}; got: ${await response.text()}`);
  return (await response.json()) as Endpoints[Name];
}
