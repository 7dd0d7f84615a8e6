import assert from 'node:assert/strict';
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { childrenOf, signalProcess } from '../../packages/server/src/imaging/processes/process-list.fixture.ts';
import { type RunningService, startService } from '../../packages/server/test/services/running-service.ts';
import { json, post } from '../../packages/server/test/services/service.ts';
import { testImage } from '../../test/pictures/test-images.ts';
import { freePort } from '../../test/servers/free-port.ts';
import { type Pace, rulesAt } from './alerts.ts';
import { type Prometheus, startPrometheus } from './prometheus.fixture.ts';

/** Windows and `for`, divided by 60. */
const IN_SECONDS: Pace = (minutes) => `${minutes}s`;
/** A loop that fails goes on five seconds later, however fast the rules are. */
const WINDOWS: Pace = (minutes) => IN_SECONDS(minutes === 0 ? 0 : Math.max(minutes, 8));
/** Prometheus evaluates rules for some seconds before it knows its targets. */
const STARTED = 'absent(ALERTS{alertname="SafelightAbsent"})';
const SWEPT = 'absent(ALERTS{alertname=~"SafelightAbsent|SafelightNotSwept"})';
/** The sweeper measures once a minute, however fast the rules are: until the first time this alert fires. */
const NOT_SWEPT = 'SafelightNotSwept';
const FIRING = 'group by (alertname) (ALERTS{alertstate="firing"})';
/** Longer than the longest window and `for` together. */
const LONGEST_MS = 80_000;
/** The sweeper measures once a minute. */
export const SWEPT_AGAIN_MS = 80_000;

/** Prometheus with the alerts, which reads some processes. */
export interface Watch extends AsyncDisposable {
  readonly prometheus: Prometheus;
  /** The alerts that have fired since `reset`, or the start. */
  fired(): Promise<readonly string[]>;
  /** Waits until no alert fires. */
  reset(): Promise<void>;
  /** Alerts that may fire without a fault. */
  readonly tolerated: readonly string[];
}

export interface WatchOptions {
  readonly metricsPorts: readonly number[];
  readonly scrapeMs?: number;
  /** False: the processes are started later. */
  readonly isUp?: boolean;
  /** Begins once the sweeper has measured, after a minute. */
  readonly isSwept?: boolean;
}

export async function startWatch({
  metricsPorts,
  scrapeMs = 1_000,
  isUp = true,
  isSwept = false,
}: WatchOptions): Promise<Watch> {
  const prometheus = await startPrometheus({ metricsPorts, scrapeMs, isUp, rules: rulesAt(IN_SECONDS, WINDOWS) });
  while (isUp && (await prometheus.query(isSwept ? SWEPT : STARTED)).length === 0) await delay(100);
  let startMs = performance.now();
  return {
    prometheus,
    tolerated: isSwept ? [] : [NOT_SWEPT],
    async fired() {
      const seconds = Math.max(1, Math.floor((performance.now() - startMs) / 1_000));
      const firing = `group by (alertname) (last_over_time(ALERTS{alertstate="firing"}[${seconds}s]))`;
      return (await prometheus.query(firing)).map(({ labels }) => labels['alertname'] ?? '').toSorted();
    },
    async reset() {
      while ((await prometheus.query(FIRING)).length > 0) await delay(250);
      await delay(1_000); // `fired` looks back a second at least
      startMs = performance.now();
    },
    [Symbol.asyncDispose]: () => prometheus[Symbol.asyncDispose](),
  };
}

/** Waits until these have fired; no other may, but for consequences of the fault. */
export async function untilFired(
  { fired, tolerated }: Pick<Watch, 'fired' | 'tolerated'>,
  expected: readonly string[],
  consequences: readonly string[] = [],
): Promise<void> {
  const endMs = performance.now() + LONGEST_MS + SWEPT_AGAIN_MS;
  for (;;) {
    const names = await fired();
    if (expected.every((name) => names.includes(name)) || performance.now() > endMs) {
      assert.deepEqual(
        names.filter((name) => ![...consequences, ...tolerated].includes(name)),
        expected.toSorted(),
      );
      return;
    }
    await delay(250);
  }
}

export interface Scene extends Omit<Watch, typeof Symbol.asyncDispose> {
  readonly service: RunningService;
  /** The folder of its data. */
  readonly data: string;
}

export interface Staging extends Omit<WatchOptions, 'metricsPorts'> {
  readonly environment?: Record<string, string>;
  readonly under?: readonly string[];
  /** Before the service starts, on data of an earlier start. */
  readonly prepare?: (data: string) => void;
}

/** A service of one process that Prometheus reads. */
export async function staged(
  { environment = {}, under = [], prepare, ...watching }: Staging,
  act: (scene: Scene) => Promise<void>,
): Promise<void> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-live-'));
  const data = join(folder.path, 'data');
  if (prepare) {
    {
      await using earlier = await startService({ USAGE: 'on' }, folder.path);
      await upload(earlier, 1);
      for (let count = 0; count < 2; count++) await grant(earlier);
    }
    prepare(data);
  }
  const metricsPort = await freePort();
  const own = { METRICS_PORT: String(metricsPort), LOG_LEVEL: 'error', USAGE: 'on', ...environment };
  await using service = await startService(own, folder.path, under);
  await using watch = await startWatch({ metricsPorts: [metricsPort], ...watching });
  await act({ ...watch, service, data });
}

type Origin = Pick<RunningService, 'origin'>;

export const picture = async (seed: number, width = 320) =>
  new Uint8Array(await testImage({ type: 'image/jpeg', width, height: 240, seed }));

export async function upload({ origin }: Origin, seed: number): Promise<{ status: number; id: string }> {
  const answer = await fetch(`${origin}/images/upload?user_id=u`, post(await picture(seed), 'image/jpeg'));
  const { image_id: id = '' } = (await answer.json()) as { image_id?: string };
  return { status: answer.status, id };
}

/** The configuration of a service that delivers to webhooks on this machine. */
export const TELLING = { AUTH: 'api-key', EVENTS: 'on', OUTBOUND_ALLOW: '127.0.0.1/32' };

/** Sends requests with the first key of a service that knows its callers. */
export async function asAdmin({ service, data }: Pick<Scene, 'service' | 'data'>) {
  const authorization = `Bearer ${(await readFile(join(data, 'admin-key'), 'utf8')).trim()}`;
  return async (path: string, init: RequestInit): Promise<void> => {
    const headers = { ...Object.fromEntries(new Headers(init.headers)), authorization };
    const answer = await fetch(`${service.origin}${path}`, { ...init, headers });
    assert.ok(answer.ok, await answer.text());
  };
}

/** A client that ends its connection in the middle of a form. */
export async function leaveDuringUpload({ origin }: Origin): Promise<void> {
  const start = '--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\nbytes';
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(Buffer.from(start)),
    async pull(controller) {
      await delay(20);
      controller.error(new Error('left'));
    },
  });
  const headers = { 'Content-Type': 'multipart/form-data; boundary=x' };
  const init: RequestInit = { method: 'POST', headers, body, duplex: 'half' };
  await fetch(`${origin}/images?user_id=u`, init).catch(() => undefined);
}

interface Granted {
  readonly upload_url: string;
  readonly image_id: string;
}

export const grant = ({ origin }: Origin, { user = 'u', tags = [] as readonly string[] } = {}): Promise<Granted> =>
  fetch(`${origin}/uploads`, json({ user_id: user, content_type: 'image/jpeg', tags })).then(
    (answer) => answer.json() as Promise<Granted>,
  );

export const put = ({ upload_url }: Granted, body: Uint8Array<ArrayBuffer>): Promise<Response> =>
  fetch(upload_url, { method: 'PUT', headers: { 'Content-Type': 'image/jpeg' }, body });

/** A grant, its bytes, and the check of them. */
export async function presigned(service: Origin, body: Uint8Array<ArrayBuffer>): Promise<void> {
  const granted = await grant(service);
  await put(granted, body);
  const path = `/images/${granted.image_id}/complete?user_id=u`;
  await (await fetch(`${service.origin}${path}`, { method: 'POST' })).bytes();
}

/** Repeats `step` until `during` ends, this many at once. Errors of a step are part of the fault. */
export async function repeating(
  step: (round: number) => Promise<unknown>,
  during: () => Promise<void>,
  atOnce = 1,
): Promise<void> {
  let isOver = false;
  let rounds = 0;
  const loops = Array.from({ length: atOnce }, async () => {
    while (!isOver) await step(rounds++).catch(() => delay(50));
  });
  try {
    await during();
  } finally {
    isOver = true;
    await Promise.all(loops);
  }
}

export async function signalDecoders({ process: { pid } }: RunningService, signal: NodeJS.Signals): Promise<void> {
  if (pid === undefined) return;
  for (const id of await childrenOf(pid)) {
    try {
      signalProcess(id, signal);
    } catch {
      // It has just ended.
    }
  }
}

const AT_A_TIME = 4;
const PAUSE_MS = 1_000;

/** Decoders that get little of the CPU: they work until four more jobs are `done`, and stand still for a second. */
export async function slowing(service: RunningService, done: () => number, during: () => Promise<void>): Promise<void> {
  try {
    await repeating(async () => {
      const before = done();
      await signalDecoders(service, 'SIGCONT');
      const endMs = performance.now() + PAUSE_MS;
      while (done() - before < AT_A_TIME && performance.now() < endMs) await delay(1); // in 10 ms a fast machine does ten
      await signalDecoders(service, 'SIGSTOP');
      await delay(PAUSE_MS);
    }, during);
  } finally {
    await signalDecoders(service, 'SIGCONT');
  }
}
