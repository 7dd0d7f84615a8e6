import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { TEST_SERVERS_URL } from '../../../../test/servers/shared-servers.ts';
import { IS_USUAL, repeatsOf } from '../repeats.ts';
import { filesBelow } from '../services/files-below.ts';
import { descriptorsOf, memoryOfTree, type TreeMemory } from '../services/process-tree.ts';
import { sha256Of } from '../services/record-check.ts';
import { type RunningService, startService } from '../services/running-service.ts';
import { createTraffic, type Traffic } from './soak-traffic.ts';

const { count: SECONDS, seed: SEED } = repeatsOf('soakSeconds');
/** `REPEATS=10 node --test FILE`: run alone, it has stricter limits and prints its measurements. */
const IS_BY_HAND = !IS_USUAL && process.env[TEST_SERVERS_URL] === undefined;

const WARM_UP_SECONDS = Math.min(60, SECONDS / 4);
const SAMPLE_MS = 500;
const MEGABYTE = 1_048_576;

/** Runs in the service: collects garbage, which grows with time, and reports the rest. */
const COLLECT_ON_SIGNAL = `import { writeSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
process.on('SIGUSR2', async () => {
  const session = new Session();
  session.connect();
  await session.post('HeapProfiler.collectGarbage');
  session.disconnect();
  const { heapUsed, external } = process.memoryUsage();
  writeSync(1, 'retained ' + (heapUsed + external) + '\\n');
});`;
const RETAINED = /^retained (\d+)$/gm;

const ENVIRONMENT: Record<string, string> = {
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(COLLECT_ON_SIGNAL)}`,
  ...(IS_BY_HAND && { MAX_EVENT_LOOP_DELAY_MS: '1000' }), // the service's default
};

const MAX_GROWTH = 1.2;
/** Memory that malloc retains: 16 to 70 MB more after a minute than after a quarter of it; no growth from then on. */
const SLACK_BYTES = 80 * MEGABYTE;
/** The service's reachable memory is 35 to 36 MB after any time. */
const RETAINED_SLACK_BYTES = 4 * MEGABYTE;
/** Idle decode processes: one may have ended, or another have started. */
const SLACK_DESCRIPTORS = 4;

interface Holdings extends TreeMemory {
  readonly descriptors: number;
}

interface Rest extends Holdings {
  /** Bytes of live objects and buffers, after a collection. */
  readonly retained: number;
}

interface Sample extends Holdings {
  readonly second: number;
}

it(`${SECONDS} s of mixed traffic cause no fault, and no growth of memory or descriptors`, {
  timeout: (SECONDS + 120) * 1000,
}, async (t) => {
  await using service = await startService(ENVIRONMENT);
  const { pid } = service.process;
  assert.ok(pid !== undefined);
  t.diagnostic(`SEED=${SEED}`);
  const traffic = await createTraffic(service.origin, SEED);
  const canMeasure = process.platform === 'linux';
  if (!canMeasure) t.diagnostic('memory and descriptors are not measured: they are read from /proc');

  const samples: Sample[] = [];
  const run = async (seconds: number): Promise<void> => {
    const sampling = new AbortController();
    const sampled = canMeasure ? sample(pid, samples, sampling.signal) : undefined;
    try {
      await traffic.run(seconds);
    } finally {
      sampling.abort();
      await sampled;
    }
  };

  await run(WARM_UP_SECONDS);
  const warm = canMeasure ? await holdingsAtRest(service) : undefined;
  await run(SECONDS - WARM_UP_SECONDS);
  const last = canMeasure ? await holdingsAtRest(service) : undefined;

  if (IS_BY_HAND) report({ traffic, samples, service, rests: [warm, last] });
  requireNoFault(traffic, service);
  if (warm && last) requireFlat(warm, last);
  if (canMeasure && IS_BY_HAND) requireFlatUnderLoad(samples);
  await requireReadable(traffic);
  await requireNoRemains(join(service.folder, 'data/objects'));
  requireVariety(traffic);
});

const holdingsOf = async (pid: number): Promise<Holdings> => ({
  ...(await memoryOfTree(pid)),
  descriptors: await descriptorsOf(pid),
});

/** Until the signal; only seconds with traffic count. */
async function sample(pid: number, samples: Sample[], signal: AbortSignal): Promise<void> {
  const before = samples.at(-1)?.second ?? 0;
  const start = performance.now();
  while (!signal.aborted) {
    await delay(SAMPLE_MS);
    const second = before + (performance.now() - start) / 1000;
    samples.push({ second, ...(await holdingsOf(pid)) });
  }
}

const REST_MS = 2_000;
const LONGEST_REST_MS = 30_000;

/** Without traffic and garbage, once descriptors, and then memory, have been stable for a while. */
async function holdingsAtRest(service: RunningService): Promise<Rest> {
  const { pid = 0 } = service.process;
  await settle(pid, (now, known) => now.descriptors === known.descriptors);
  const collected = () => [...service.output().matchAll(RETAINED)].map(([, bytes]) => Number(bytes));
  const before = collected().length;
  service.process.kill('SIGUSR2');
  while (collected().length === before) await once(service.process.stdout ?? service.process, 'data');
  const holdings = await settle(pid, (now, known) => Math.abs(now.own - known.own) < MEGABYTE);
  return { ...holdings, retained: collected().at(-1) ?? Number.NaN };
}

async function settle(pid: number, isSame: (now: Holdings, known: Holdings) => boolean): Promise<Holdings> {
  const end = performance.now() + LONGEST_REST_MS;
  let known = await holdingsOf(pid);
  for (let since = performance.now(); performance.now() - since < REST_MS; await delay(50)) {
    const now = await holdingsOf(pid);
    if (isSame(now, known)) continue;
    since = performance.now();
    known = now;
    assert.ok(since < end, `expected rest within ${LONGEST_REST_MS} ms; got ${JSON.stringify(now)}`);
  }
  return known;
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;

/**
 * The median of samples from one second to another: garbage varies, and a large image takes a decoder's memory for a
 * moment.
 */
const medianOf = (samples: readonly Sample[], field: keyof Sample, from: number, to = Infinity): number =>
  median(samples.filter(({ second }) => second >= from && second < to).map((one) => one[field]));

function requireFlat(warm: Rest, last: Rest): void {
  requireNoGrowth('retained', warm.retained, last.retained, RETAINED_SLACK_BYTES);
  for (const field of ['all', 'own', 'decoders'] as const) requireNoGrowth(field, warm[field], last[field]);
  const most = warm.descriptors + SLACK_DESCRIPTORS;
  assert.ok(last.descriptors <= most, `expected at most ${most} open files at rest; got ${last.descriptors}`);
}

/** The last stretch against the first after the warm-up, with the same load and duration. */
function requireFlatUnderLoad(samples: readonly Sample[]): void {
  for (const field of ['all', 'own', 'decoders'] as const)
    requireNoGrowth(`${field} under load`, ...firstAndLast(samples, field));
}

function requireNoGrowth(what: string, start: number, end: number, slackBytes = SLACK_BYTES): void {
  const most = start * MAX_GROWTH + slackBytes;
  const sizes = `got ${inMegabytes(end)} after ${inMegabytes(start)}`;
  assert.ok(end <= most, `expected memory (${what}) of at most ${inMegabytes(most)} MB; ${sizes}`);
}

const firstAndLast = (samples: readonly Sample[], field: keyof Sample): [number, number] => [
  medianOf(samples, field, WARM_UP_SECONDS, 2 * WARM_UP_SECONDS),
  medianOf(samples, field, SECONDS - WARM_UP_SECONDS),
];

const inMegabytes = (bytes: number): number => Math.round(bytes / MEGABYTE);

/** No 5xx was answered, and none was logged. */
function requireNoFault({ wire }: Traffic, service: RunningService): void {
  const outcomes = [...wire.tally.keys()];
  assert.deepEqual(
    outcomes.filter((outcome) => / (5\d\d|429)$/.test(outcome)),
    [],
    'expected no 429 and no 5xx',
  );
  assert.deepEqual(complaints(service), [], 'expected no errors and warnings in the output');
  assert.equal(service.process.exitCode, null);
}

/** Shows that clients succeed in their main work. */
const OUTCOMES = [
  ...['grant 200', 'put 200', 'post form 204', 'form 200', 'raw 200', 'base64 200', 'batch 200', 'keyed 200'],
  ...['keyed 409', 'cut put hung up', 'cut direct hung up', 'no image 400', 'abused grant 403', 'put again 412'],
  ...['wait 200', 'complete 200', 'delete 200', 'delete many 200', 'change 200', 'change 412', 'list 200', 'list 400'],
  ...['read 200', 'read range 206', 'read unchanged 304', 'read beyond 416', 'read given up 200', 'download 200'],
  ...['download range 206', 'arbitrary 200', 'arbitrary 400', 'malformed 400', 'pipelined 200', 'left unread cut off'],
];

function requireVariety({ wire }: Traffic): void {
  const missing = OUTCOMES.filter((outcome) => !wire.tally.has(outcome));
  assert.deepEqual(missing, [], 'expected each outcome at least once');
}

/** pino's number of the level. */
const ERROR = 50;

/** Error lines of its log, and other output such as Node's warnings; without the line about its address. */
function complaints(service: RunningService): string[] {
  const [, ...lines] = service.output().trim().split('\n');
  const said = lines.filter((line) => !line.startsWith('retained '));
  return said.filter((line) => !line.startsWith('{') || JSON.parse(line).level >= ERROR);
}

async function requireReadable({ wire, album }: Traffic): Promise<void> {
  assert.ok(album.all().length > 0);
  for (const { id, picture } of album.all()) {
    const { body } = await wire.ask('read in the end', `/images/${id}`, {}, [200]);
    assert.equal(sha256Of(body), picture.sha256, `the bytes of ${id}`);
  }
  wire.hangUp();
}

/** Nothing is left except the images themselves. */
async function requireNoRemains(objects: string): Promise<void> {
  const remains = (await filesBelow(objects)).filter((path) => !path.startsWith(join(objects, 'images/')));
  assert.deepEqual(remains, [], 'expected only images in the store');
}

function report({
  traffic,
  samples,
  service,
  rests,
}: {
  readonly traffic: Traffic;
  readonly samples: readonly Sample[];
  readonly service: RunningService;
  readonly rests: readonly (Rest | undefined)[];
}): void {
  console.log(`seed ${SEED}; at rest after the warm-up and in the end: ${JSON.stringify(rests)}`);
  console.log(`images in the end: ${traffic.album.all().length}; lines of log: ${service.output().split('\n').length}`);
  for (const [outcome, count] of [...traffic.wire.tally].toSorted()) console.log(`${count} ${outcome}`);
  const every = WARM_UP_SECONDS / 2;
  for (let from = 0; from < SECONDS; from += every) {
    const of = (field: keyof Sample) => medianOf(samples, field, from, from + every);
    const memory = (['all', 'own', 'decoders'] as const).map((field) => `${field} ${inMegabytes(of(field))} MB`);
    console.log(`${from} s: ${memory.join(', ')}, ${of('processes')} processes, ${of('descriptors')} open files`);
  }
}
