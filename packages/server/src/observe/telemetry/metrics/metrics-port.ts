import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { AppError } from '../../../domain/errors.ts';

export interface MetricsPortOptions {
  readonly host: string;
  readonly port: number;
  /** The variable that has the port. */
  readonly variable: 'METRICS_PORT' | 'WORKER_METRICS_PORT';
  /** The metrics now, in Prometheus' text format. */
  readonly text: () => Promise<string>;
}

/** A scrape sends a line and few headers, and reads its answer at once. */
const SERVER_OPTIONS = { headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 5_000 };
const IDLE_MS = 30_000;
const MAX_CONNECTIONS = 32;
/** Scrapes within this time get the same text: many at once cost one. */
const REMEMBERED_MS = 1_000;

const TEXT = { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8', 'Cache-Control': 'no-store' };

const SENTENCE = { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' };
const EMPTY = { 'Content-Length': 0 };

/**
 * A page that rebinds its own name to this address reads it as its own origin. Browsers send `Sec-Fetch-Site` to
 * trustworthy URLs only, and no `Origin` then, but always `Accept-Language`, which a script can change and not remove.
 * Prometheus and its kin send none of them.
 */
const OF_BROWSERS = ['sec-fetch-site', 'origin', 'accept-language'] as const;

/**
 * Answers `GET /metrics`, and nothing else; a browser gets nothing. Errors: `unavailable`, with a sentence that names
 * the port and its variable.
 */
export async function openMetricsPort(options: MetricsPortOptions): Promise<AsyncDisposable> {
  const text = remembering(options.text);
  const server = createServer(SERVER_OPTIONS, (incoming, outgoing) => {
    answer(incoming, outgoing, text).catch(() => outgoing.destroy());
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.maxRequestsPerSocket = 1; // Node starts all requests of a read: two thousand, each with megabytes to send
  server.setTimeout(IDLE_MS);
  server.unref();
  server.listen(options.port, options.host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw refusal(error, options);
  }
  server.on('error', () => undefined); // a connection that couldn't be accepted, as without descriptors: the next one may be
  return {
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function answer(
  { method, url = '', headers }: IncomingMessage,
  outgoing: ServerResponse,
  text: () => Promise<Buffer>,
): Promise<void> {
  const ofBrowser = OF_BROWSERS.find((name) => headers[name] !== undefined);
  if (ofBrowser !== undefined) {
    const sentence = `expected a scraper such as Prometheus; got a browser's request (${ofBrowser})\n`;
    return void outgoing.writeHead(403, { ...SENTENCE, 'Content-Length': sentence.length }).end(sentence);
  }
  if (url.replace(/\?.*/s, '') !== '/metrics') return void outgoing.writeHead(404, EMPTY).end();
  if (method !== 'GET' && method !== 'HEAD')
    return void outgoing.writeHead(405, { ...EMPTY, Allow: 'GET, HEAD' }).end();
  const body = await text();
  outgoing.writeHead(200, { ...TEXT, 'Content-Length': body.length }).end(body);
}

function remembering(make: () => Promise<string>): () => Promise<Buffer> {
  let made: { readonly text: Promise<Buffer>; readonly atMs: number } | undefined;
  return () => {
    if (!made || performance.now() - made.atMs >= REMEMBERED_MS)
      made = { text: make().then((text) => Buffer.from(text)), atMs: performance.now() };
    return made.text;
  };
}

function refusal(error: unknown, { host, port, variable }: MetricsPortOptions): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const sentences: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} is in use on ${host}; set ${variable} to another one.`,
    EACCES: `Port ${port} needs more rights; set ${variable} to one above 1023.`,
    EADDRNOTAVAIL: `${host} is no address of this machine; set METRICS_HOST to one that is.`,
    ENOTFOUND: 'The host name in METRICS_HOST is unknown here.',
  };
  const sentence = typeof code === 'string' ? sentences[code] : undefined;
  return sentence === undefined ? error : new AppError('unavailable', sentence, { cause: error });
}
