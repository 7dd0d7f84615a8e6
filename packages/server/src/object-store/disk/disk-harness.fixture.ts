import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ObjectKey } from '../../domain/image/object-key.ts';
import { hearing } from '../../observe/observer/hearing.fixture.ts';
import { createDiskEndpoint } from '../endpoint/disk-endpoint.ts';
import { createEndpointPresigner, type EndpointPresigner } from '../endpoint/endpoint-presigner.ts';
import type { MultipartHarness } from '../multipart.contract.ts';
import type { AfterStore, ObjectAnswer, ObjectRules } from '../object-endpoint.ts';
import type { PresignerHarness } from '../presigner.contract.ts';
import { createDiskObjectStore, type DiskObjectStore } from './disk.ts';

/** A store in its own folder, and its endpoint on a server with a free port. */
export interface DiskHarness extends PresignerHarness, MultipartHarness {
  readonly store: DiskObjectStore;
  readonly staging: DiskObjectStore['staging'];
  readonly multipart: DiskObjectStore['multipart'];
  readonly presigner: EndpointPresigner;
  readonly root: string;
  readonly port: number;
  /** The keys that the endpoint reported after storing, in order. */
  readonly stored: Parameters<AfterStore>[];
  /** The verdict that the endpoint gets for each. */
  verdict: Awaited<ReturnType<AfterStore>>;
  /** The keys that no GET serves. */
  readonly hidden: Set<ObjectKey>;
  /** The errors behind 5xx answers. */
  readonly failures: unknown[];
  /** The names of staged files without a key. */
  staged(): Promise<string[]>;
  /** The number of the store's files that this process holds open. Linux only. */
  countOpenFiles(): number;
}

export const BUCKET = 'safelight';
export const CREDENTIALS = { accessKeyId: 'TESTKEY', secretAccessKey: 'only for tests' };
export const REGION = 'us-east-1';

/** The answer as a client receives it. */
export const responseOf = ({ body, ...init }: ObjectAnswer): Response => new Response(body, init);

/** A temporary folder, removed on disposal. */
export async function temporaryFolder(parent = tmpdir()): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(parent, 'safelight-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export async function createDiskHarness({
  maxUploadBytes = 1_000_000,
  minPartBytes = 10_000,
  parent = tmpdir(),
} = {}): Promise<DiskHarness> {
  const folder = await temporaryFolder(parent);
  const root = join(folder.path, 'data', 'objects');
  const signingClock = { offsetSeconds: 0 };
  const store = createDiskObjectStore({ root, bucket: BUCKET, minPartBytes });
  const signing = { bucket: BUCKET, credentials: [CREDENTIALS], region: REGION } as const;
  const presigner = createEndpointPresigner({
    ...signing,
    clock: { now: () => new Date(Date.now() + signingClock.offsetSeconds * 1000) },
  });
  const judging = createEndpointPresigner({ ...signing, clock: { now: () => new Date() } });

  const failures: unknown[] = [];
  const endpoint = createDiskEndpoint({
    store,
    presigner: judging,
    maxUploadBytes,
    observe: hearing('request-failed', ({ error }) => failures.push(error)),
  });
  const stored: Parameters<AfterStore>[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const response = await endpoint(
      {
        method: incoming.method ?? '',
        target: incoming.url ?? '',
        origin: `http://${incoming.headers.host}`,
        headers: new Headers(
          Object.entries(incoming.headers).map(([name, value]): [string, string] => [name, String(value)]),
        ),
        body: incoming.iterator({ destroyOnReturn: false }),
        requestId: 'request-1',
      },
      {
        afterStore: async (...received) => {
          stored.push(received);
          return harness.verdict;
        },
        mayServe: async (key) => !harness.hidden.has(key),
        mayTake: async () => true,
      },
    );
    outgoing.writeHead(response.status, response.headers);
    if (!(response.body instanceof ReadableStream)) return outgoing.end(response.body);
    return pipeline(Readable.from(response.body), outgoing).catch(() => {}); // the client disconnected
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('expected a port');

  const harness: DiskHarness = {
    store,
    staging: store.staging,
    multipart: store.multipart,
    presigner,
    root,
    port: address.port,
    publicOrigin: `http://127.0.0.1:${address.port}`,
    signingClock,
    stored,
    verdict: { outcome: 'kept' },
    hidden: new Set(),
    failures,
    staged: () => readdir(join(root, 'tmp')),
    countOpenFiles: () => readdirSync('/proc/self/fd').filter((fd) => targetOf(fd).startsWith(root)).length,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await folder[Symbol.asyncDispose]();
    },
  };
  return harness;
}

/** For requests that neither store nor read an object. */
export const NO_OBJECTS: ObjectRules = {
  afterStore: () => assert.fail('judged'),
  mayServe: () => assert.fail('read'),
  mayTake: async () => true,
};

function targetOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ''; // the descriptor that listed the folder is already closed
  }
}
