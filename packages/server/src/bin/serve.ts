import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import { compose, type RejectedImage } from '../compose.ts';
import { type Config, ConfigError, help, loadConfig } from '../config.ts';
import { createApp } from '../http/app.ts';
import { createLogger } from '../logger.ts';
import { startWorker } from '../worker.ts';
import { type Connections, superviseConnections } from './connections.ts';
import { createGarbage } from './garbage.ts';
import { memoryLimit, watchPressure } from './pressure.ts';

/** Requests under way get this long after SIGTERM: longer than any of them waits by itself. */
const DRAIN_SECONDS = 25;
/** And what is done in the background this much longer: it is taken up again at the next start. */
const WORKER_SECONDS = 2;
/** One Ctrl-C comes twice under npm: from the terminal, and passed on. */
const SAME_SIGNAL_MS = 1_000;

/**
 * Headers come at once or not at all; a body may take as long as it makes progress (http/request-body.ts watches it). A query
 * may hold a description of 2,000 characters, each up to 12 bytes when encoded.
 */
const SERVER_OPTIONS = {
  maxHeaderSize: 65_536,
  headersTimeout: 20_000,
  requestTimeout: 0,
  connectionsCheckingInterval: 5_000,
};

async function serve(): Promise<void> {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const { config, secrets } = loadConfig(process.env);
  const format = config.logFormat === 'auto' ? (process.stdout.isTTY ? 'pretty' : 'json') : config.logFormat;
  const logger = await createLogger({ level: config.logLevel, format });
  const onFailure = (error: unknown, requestId: string) =>
    logger.error({ request_id: requestId, err: error }, 'failed');
  const onWarning = (sentence: string) => logger.warn(sentence);
  const onRejected = ({ id, rejection }: RejectedImage) =>
    logger.warn({ image_id: id, ...rejection }, 'an upload was rejected');
  const garbage = createGarbage();
  const composition = await compose(config, secrets, { onFailure, onWarning, onRejected, onChunk: garbage.look });
  const { services, authenticator, objectEndpoint } = composition;

  const { maxEventLoopDelayMs, maxMemoryBytes } = config;
  const pressure = watchPressure({ maxEventLoopDelayMs, maxMemoryBytes: memoryLimit(maxMemoryBytes) });
  const app = createApp({ services, authenticator, objectEndpoint, access: config, pressure, logger });
  const server = createServer(SERVER_OPTIONS);
  const connections = superviseConnections(server, getRequestListener(app.fetch));
  garbage.watch(server);
  try {
    await listen(server, config);
  } catch (error) {
    await composition[Symbol.asyncDispose]();
    throw error;
  }

  const worker = startWorker({ services, logger });

  let stoppingSince: number | undefined;
  const stop = async (signal: string): Promise<void> => {
    if (stoppingSince !== undefined) {
      if (performance.now() - stoppingSince > SAME_SIGNAL_MS) process.exit(1); // asked twice: at once
      return;
    }
    stoppingSince = performance.now();
    logger.info(`${signal}: finishing the requests under way`);
    const working = worker[Symbol.asyncDispose]();
    const isDrained = await drain(server, connections);
    await Promise.race([working, delay(WORKER_SECONDS * 1000)]);
    await composition[Symbol.asyncDispose]();
    process.exit(isDrained ? 0 : 1);
  };
  process.on('SIGTERM', () => void stop('SIGTERM'));
  process.on('SIGINT', () => void stop('SIGINT'));

  const origin = config.publicUrl ?? originOf(server.address() as AddressInfo);
  console.log(
    `Safelight listens on ${origin} - upload: curl -F file=@photo.jpg "${origin}/images/upload?user_id=me" - API: ${origin}/docs`,
  );
}

async function listen(server: Server, { host, port }: Config): Promise<void> {
  server.listen(port, host);
  await once(server, 'listening');
}

const originOf = ({ address, family, port }: AddressInfo): string =>
  `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;

/** Takes no new requests and waits for those under way; false when some had to be cut off. */
async function drain(server: Server, connections: Connections): Promise<boolean> {
  const late = AbortSignal.timeout(DRAIN_SECONDS * 1000);
  const isDrained = await Promise.race([connections.drain().then(() => true), once(late, 'abort').then(() => false)]);
  server.closeAllConnections();
  return isDrained;
}

function sentence(error: unknown): string {
  if (error instanceof ConfigError) return `The configuration is wrong:\n${error.message}`;
  if (!(error instanceof Error)) return String(error);
  if ('detail' in error && typeof error.detail === 'string') return error.detail;
  const { code, port, address, path } = error as NodeJS.ErrnoException & { port?: number; address?: string };
  if (code === 'EADDRINUSE') return `Port ${port} is in use on ${address}; set PORT to another one.`;
  if (code === 'EADDRNOTAVAIL') return `${address} is no address of this machine; set HOST to one that is.`;
  if (code === 'EACCES' && port !== undefined) return `Port ${port} needs more rights; set PORT to one above 1023.`;
  if (code === 'ENOTFOUND') return `The host name in HOST is unknown here.`;
  if (path !== undefined && code !== undefined) return `The data folder can't be used: ${error.message}.`;
  return error.stack ?? error.message;
}

if (process.argv.includes('--help')) {
  console.log(help());
  process.exit(0);
}
await serve().catch((error: unknown) => {
  console.error(`Safelight can't start. ${sentence(error)}`);
  process.exit(1);
});
