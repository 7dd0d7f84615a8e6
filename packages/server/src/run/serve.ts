import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createApp } from '../http/app.ts';
import type { Logger } from '../observe/log/logger.ts';
import { BUILD } from '../observe/version.ts';
import { checkKeyUsers } from '../operations/checks/check-key-users.ts';
import { type Config, isStateless } from './config/config.ts';
import { describeVariables } from './config/describe-variables.ts';
import { type Connections, superviseConnections } from './connections/connections.ts';
import { connectionLimit } from './connections/limit.ts';
import { answerParseErrors } from './connections/parse-errors.ts';
import { memoryLimit, watchPressure } from './memory/pressure.ts';
import { countActive } from './process/active-requests.ts';
import { announcedStop } from './process/announced-stop.ts';
import { flagsGiven } from './process/command-line.ts';
import { composeProcess, configured } from './process/compose-process.ts';
import { decodersLine } from './process/decoders-line.ts';
import { makeFirstKey } from './process/first-key.ts';
import { openProcessTelemetry, watchedServices } from './process/open-telemetry.ts';
import { createRequestListener } from './process/request-listener.ts';
import { sentence } from './process/sentence.ts';
import { endProcess, onStopSignal } from './process/stop-signals.ts';
import { startMeasuring, startWorker } from './worker.ts';

/** Running requests get this long after SIGTERM: longer than any of them waits by itself. */
const DRAIN_SECONDS = 25;
/** Additional time for background work, which the next start takes up again. */
const WORKER_SECONDS = 2;

/**
 * Headers must arrive quickly; a body may take as long as it makes progress (http/bodies/request-body.ts). A query may
 * contain a description of 2,000 characters, each up to 12 bytes when encoded.
 */
const SERVER_OPTIONS = {
  maxHeaderSize: 65_536,
  headersTimeout: 20_000,
  requestTimeout: 0,
  requireHostHeader: false, // the request listener refuses such requests, with a line in the log
  connectionsCheckingInterval: 5_000,
};

async function serve(): Promise<void> {
  const start = await configured();
  const { config, logger } = start;
  const telemetry = await openProcessTelemetry(start, 'serve');
  const { hasMetrics } = telemetry;
  const composition = await composeProcess(start, telemetry, { answersLists: true });
  const { services, authenticator, signIn, objectEndpoint, collector } = composition;

  const { maxEventLoopDelayMs, maxMemoryBytes } = config;
  const pressure = watchPressure({ maxEventLoopDelayMs, maxMemoryBytes: memoryLimit(maxMemoryBytes) });
  const stopping = new AbortController();
  const leaving = new AbortController();
  const app = createApp({
    services,
    authenticator,
    signIn,
    ...(await composition.openRateLimiters()),
    objectEndpoint,
    access: config,
    pressure,
    stopping: stopping.signal,
    leaving: leaving.signal,
    logger,
  });
  const server = createServer(SERVER_OPTIONS);
  const handle = createRequestListener({ fetch: app.fetch, observe: services.observe, logger });
  const stop = announcedStop(handle, {
    onLeaving: () => {
      logger.info('/readyz is 503 from now on, and requests are served until load balancers send them elsewhere');
      leaving.abort();
      connections.announceEnd();
    },
  });
  const requests = countActive(stop.handle);
  const connections = superviseConnections(server, hasMetrics ? requests.handle : stop.handle, {
    maxConnections: connectionLimit(),
  });
  answerParseErrors(server, { current: connections.current, observe: services.observe });
  telemetry.watch({ ...watchedServices(composition), activeRequests: requests.count });
  collector.watch(server);
  try {
    await makeFirstKey(services, { config, isTerminal: process.stdout.isTTY, print: (line) => console.log(line) });
    if (config.auth.includes('api-key')) await checkKeyUsers(services);
    await authenticator.readTokenKeys();
    await listen(server, config);
    tellUnaccepted(server, logger);
  } catch (error) {
    await composition[Symbol.asyncDispose]();
    throw error;
  }

  const worker = isStateless(config) // then `npm run work` does it
    ? hasMetrics && services.events
      ? startMeasuring(services)
      : undefined
    : startWorker({ services, hasMetrics });

  onStopSignal(async (reason) => {
    if (isStateless(config)) await stop.announce(); // otherwise no other process serves meanwhile
    logger.info(`${reason}: finishing open requests`);
    stopping.abort();
    const working = worker?.[Symbol.asyncDispose]();
    const isDrained = await drain(server, connections);
    await Promise.race([working, delay(WORKER_SECONDS * 1000)]);
    await composition[Symbol.asyncDispose]();
    await telemetry[Symbol.asyncDispose]();
    endProcess(isDrained ? 0 : 1);
  });

  const decoders = await decodersLine(services); // while it already answers
  const origin = config.publicUrl ?? originOf(server.address() as AddressInfo);
  const credential = config.auth.length > 0 ? ' -H "Authorization: Bearer KEY"' : '';
  console.log(
    `Safelight listens on ${origin} - pictures: ${origin}/ - upload: curl${credential} -F file=@photo.jpg -F user_id=me "${origin}/images" - API: ${origin}/docs - version ${BUILD} - ${decoders}`,
  );
}

async function listen(server: Server, { host, port }: Config): Promise<void> {
  server.listen(port, host);
  await once(server, 'listening');
}

/** Such as without descriptors. One line a minute: Node tries again at once, and thousands of times. */
function tellUnaccepted(server: Server, logger: Logger): void {
  let toldAtMs = Number.NEGATIVE_INFINITY;
  server.on('error', (err) => {
    if (performance.now() - toldAtMs < 60_000) return;
    toldAtMs = performance.now();
    logger.error({ err }, "a connection couldn't be accepted");
  });
}

const originOf = ({ address, family, port }: AddressInfo): string =>
  `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;

/** Accepts no new requests and waits for the running ones; false if some had to be cut off. */
async function drain(server: Server, connections: Connections): Promise<boolean> {
  const late = AbortSignal.timeout(DRAIN_SECONDS * 1000);
  const isDrained = await Promise.race([connections.drain().then(() => true), once(late, 'abort').then(() => false)]);
  server.closeAllConnections();
  return isDrained;
}

flagsGiven({
  usage: 'npm start [-- --help | --version]',
  about: () => `Starts Safelight, an image service.\n\n${describeVariables()}`,
});
await serve().catch((error: unknown) => {
  console.error(`Safelight can't start. ${sentence(error)}`);
  process.exit(1);
});
