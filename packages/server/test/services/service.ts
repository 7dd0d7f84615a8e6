import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp, noFacts, requestDone } from '../../src/http/app.ts';
import { createLogger } from '../../src/observe/log/logger.ts';
import type { Observer } from '../../src/observe/observer/observer.ts';
import { compose, type Overrides } from '../../src/run/compose/compose.ts';
import { loadConfig } from '../../src/run/config/config.ts';
import type { Services } from '../../src/services.ts';
import { filesBelow } from './files-below.ts';
import { PATIENT } from './patience.ts';

export const ORIGIN = 'http://127.0.0.1:8000';

/** The whole service, without a socket. */
export interface TestService extends AsyncDisposable {
  readonly services: Services;
  readonly folder: string;
  request(path: string, init?: RequestInit): Promise<Response>;
  /** For a server with a socket. */
  readonly fetch: ReturnType<typeof createApp>['fetch'];
  /** Sends the request of a grant or a download: to the service itself, or to a store with its own address. */
  send(url: string, init?: RequestInit): Promise<Response>;
  /** Files in the objects' folder, including temporary ones. */
  storedFiles(): Promise<string[]>;
}

/** On a temporary data folder, or on an existing one, which stays. */
export async function createTestService(
  options: {
    environment?: Record<string, string>;
    overrides?: Overrides;
    folder?: string;
    observe?: Observer;
    /** As on Lambda. */
    sendsWholeAnswers?: true;
  } = {},
): Promise<TestService> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'safelight-')));
  const { config, secrets } = loadConfig({ DATA_DIR: folder, ...PATIENT, ...options.environment });
  const logger = await createLogger({ level: 'silent', format: 'json' });
  const { overrides = {}, observe = () => undefined } = options;
  const composition = await compose(config, secrets, { overrides, observe });
  const { services } = composition;
  const app = createApp({
    ...composition,
    ...(await composition.openRateLimiters()),
    access: config,
    pressure: () => undefined,
    stopping: options.sendsWholeAnswers ? null : new AbortController().signal,
    leaving: null,
    logger,
  });
  const send = async (url: string, init: RequestInit = {}): Promise<Response> => {
    if (config.s3 && !url.startsWith(ORIGIN)) return fetch(url, init);
    const headers = new Headers(init.headers);
    const body = init.body instanceof FormData ? await encodeForm(init.body, headers) : init.body;
    const length = bodyLength(body);
    if (length !== undefined && !headers.has('content-length')) headers.set('content-length', String(length));
    const facts = noFacts();
    const startMs = performance.now();
    const answer = await app.request(url, { ...init, headers, body: body ?? null }, { facts });
    const done = requestDone(facts, {
      method: init.method ?? 'GET',
      target: url,
      status: answer.status,
      outcome: 'answered',
      elapsedMs: performance.now() - startMs,
      bytesIn: length ?? facts.bytesRead,
      bytesOut: Number(answer.headers.get('content-length')),
    });
    services.observe(done);
    return answer;
  };
  return {
    services,
    folder,
    request: (path, init) => send(`${ORIGIN}${path}`, init),
    fetch: app.fetch,
    send,
    storedFiles: () => filesBelow(join(folder, 'objects')),
    async [Symbol.asyncDispose]() {
      await composition[Symbol.asyncDispose]();
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

async function encodeForm(form: FormData, headers: Headers): Promise<Uint8Array<ArrayBuffer>> {
  const encoded = new Response(form);
  headers.set('content-type', encoded.headers.get('content-type') ?? '');
  return new Uint8Array(await encoded.arrayBuffer());
}

/** The Content-Length that a client on a socket would send. */
const bodyLength = (body: RequestInit['body']): number | undefined => {
  if (typeof body === 'string') return Buffer.byteLength(body);
  if (body instanceof Uint8Array) return body.byteLength;
  return undefined;
};

export const json = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

export const post = (
  body: Uint8Array<ArrayBuffer>,
  contentType: string,
  headers: Record<string, string> = {},
): RequestInit => ({
  method: 'POST',
  headers: { 'Content-Type': contentType, ...headers },
  body,
});
