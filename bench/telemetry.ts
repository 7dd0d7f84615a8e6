import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { askPort } from '../packages/server/test/telemetry/prometheus-text.ts';
import { testImage } from '../test/pictures/test-images.ts';
import { freePort } from '../test/servers/free-port.ts';
import { type LoadRequest, load } from './load.ts';
import { compare, type Measurement, perSecond } from './measurement.ts';
import { SILENT, startService } from './program.ts';
import { GRANTS } from './recorded-grants.ts';
import { uploadPicture } from './render-client.ts';
import { alternate } from './rounds.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ROUNDS = 7;
const SECONDS = 3;
const WARM_SECONDS = 6;
const SCRAPE_MS = 1_000;

/** How many connections each load has. */
const CONNECTIONS = { hot: 8, grant: 64 } as const;

/** A service, and the requests of each load. */
interface Subject extends AsyncDisposable {
  readonly origin: string;
  readonly requests: Readonly<Record<keyof typeof CONNECTIONS, readonly LoadRequest[]>>;
}

/**
 * Measures equal loads without telemetry, with metrics that are scraped each second, and with these and 1 % of traces.
 */
export async function telemetry(): Promise<readonly Measurement[]> {
  await using receiver = await startReceiver();
  const ports = [await freePort(), await freePort()];
  const [scraped, traced] = ports.map((port) => ({ METRICS_PORT: String(port) }));
  await using without = await startSubject({});
  await using withMetrics = await startSubject({ ...scraped });
  await using withTraces = await startSubject({
    ...traced,
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.origin,
    OTEL_TRACES_SAMPLER: 'traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.01',
  });
  await using scraper = startScraper(ports);

  const measured: Measurement[] = [];
  for (const name of ['hot', 'grant'] as const) {
    const connections = CONNECTIONS[name];
    const once = async ({ origin, requests }: Subject, seconds: number) =>
      (await load({ origin, requests: requests[name], connections, seconds })).perSecond;
    for (const one of [without, withMetrics, withTraces]) await once(one, WARM_SECONDS);
    const rounds = await alternate(ROUNDS, {
      without: () => once(without, SECONDS),
      metrics: () => once(withMetrics, SECONDS),
      traces: () => once(withTraces, SECONDS),
    });
    const row = (what: string, subject: readonly number[], atLeast: number): Measurement =>
      compare(
        `telemetry, ${name} over ${connections} connections, ${what} / without`,
        { subject, floor: rounds.without },
        { unit: perSecond, goal: { atLeast } },
      );
    measured.push(row('metrics scraped each second', rounds.metrics, 0.95));
    measured.push(row('and 1 % of traces', rounds.traces, 0.9));
  }
  scraper.requireScrapes();
  if (receiver.reports() === 0) throw new Error('expected reports to the receiver; got none');
  return measured;
}

async function startSubject(environment: Readonly<Record<string, string>>): Promise<Subject> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const service = stack.use(await startService({ folder: folder.path, environment: { ...SILENT, ...environment } }));
  const picture = await testImage({ type: 'image/jpeg', width: 640, height: 440 });
  const id = await uploadPicture(service.origin, picture, 'image/jpeg');
  const held = stack.move();
  return {
    origin: service.origin,
    requests: { hot: [{ method: 'GET', path: `/images/${id}` }], grant: GRANTS },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** Asks each port once a second, as Prometheus at its shortest usual interval. */
function startScraper(ports: readonly number[]) {
  let scrapes = 0;
  let failed = 0;
  const scrape = async (port: number): Promise<void> => {
    const { status, text } = await askPort(`http://127.0.0.1:${port}/metrics`);
    if (status === 200 && text.includes('http_server_request_duration')) scrapes += 1;
    else failed += 1;
  };
  const timer = setInterval(() => {
    for (const port of ports)
      scrape(port).catch(() => {
        failed += 1;
      });
  }, SCRAPE_MS);
  return {
    requireScrapes() {
      if (failed > 0 || scrapes === 0) throw new Error(`expected scrapes; got ${scrapes}, and ${failed} that failed`);
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
    },
  };
}

/** Takes all that OpenTelemetry's exporters send. */
async function startReceiver() {
  let reports = 0;
  const server = createServer((incoming, outgoing) => {
    incoming.resume().once('end', () => {
      reports += 1;
      outgoing.writeHead(200).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    reports: () => reports,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}
