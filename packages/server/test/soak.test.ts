import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { descriptorsOf, memoryOfTree, type TreeMemory } from './process-tree.ts';
import { sha256Of } from './record-check.ts';
import { type RunningService, startService } from './running-service.ts';
import { createTraffic, type Traffic } from './soak-traffic.ts';

/** By hand: SOAK_SECONDS=600 node --test packages/server/test/soak.test.ts; each run then has another seed, or SOAK_SEED. */
const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 60);
const IS_BY_HAND = process.env['SOAK_SECONDS'] !== undefined;
const SEED = Number(process.env['SOAK_SEED'] ?? (IS_BY_HAND ? Date.now() % 2 ** 31 : 20_261_120));

const WARM_UP_SECONDS = Math.min(60, SECONDS / 4);
const SAMPLE_MS = 500;
const MEGABYTE = 1_048_576;

/** Beside an idle machine's own tests: a stall of a second is the neighbours' there, and refusals would hide faults. */
const ENVIRONMENT: Record<string, string> = IS_BY_HAND ? {} : { MAX_EVENT_LOOP_DELAY_MS: '3600000' };

const MAX_GROWTH = 1.2;
/** Another Node that starts or ends on the machine takes, or leaves, its share of the pages of Node's own program. */
const SLACK_BYTES = 24 * MEGABYTE;
/** Decode processes that rest: one may have ended, or another have started. */
const SLACK_DESCRIPTORS = 4;

interface Sample extends TreeMemory {
  readonly second: number;
  readonly descriptors: number;
}

it(`${SECONDS} s of mixed traffic: no fault, flat memory, flat descriptors`, {
  timeout: (SECONDS + 120) * 1000,
}, async (t) => {
  await using service = await startService(ENVIRONMENT);
  const { pid } = service.process;
  assert.ok(pid !== undefined);
  const traffic = await createTraffic(service.origin, SEED);
  const canMeasure = process.platform === 'linux';
  if (!canMeasure) t.diagnostic('memory and descriptors are not looked at: they are read from /proc');

  const samples: Sample[] = [];
  const run = async (seconds: number): Promise<void> => {
    const sampling = new AbortController();
    const sampled = canMeasure ? sample(pid, samples, sampling.signal) : undefined;
    await traffic.run(seconds).finally(() => sampling.abort());
    await sampled;
  };

  await run(WARM_UP_SECONDS);
  const restingAfterWarmUp = canMeasure ? await descriptorsAtRest(pid) : 0;
  await run(SECONDS - WARM_UP_SECONDS);
  const restingInTheEnd = canMeasure ? await descriptorsAtRest(pid) : 0;

  if (IS_BY_HAND) report({ traffic, samples, service, resting: [restingAfterWarmUp, restingInTheEnd] });
  requireNoFault(traffic, service);
  if (canMeasure) requireFlatMemory(samples);
  const most = restingAfterWarmUp + SLACK_DESCRIPTORS;
  assert.ok(restingInTheEnd <= most, `expected at most ${most} open files at rest; came ${restingInTheEnd}`);
  await requireReadable(traffic);
  for (const folder of ['tmp', 'incoming']) await requireEmpty(join(service.folder, 'data/objects', folder));
});

/** Until the signal; seconds count while there is traffic only. */
async function sample(pid: number, samples: Sample[], signal: AbortSignal): Promise<void> {
  const before = samples.at(-1)?.second ?? 0;
  const start = performance.now();
  while (!signal.aborted) {
    await delay(SAMPLE_MS);
    const second = before + (performance.now() - start) / 1000;
    samples.push({ second, ...(await memoryOfTree(pid)), descriptors: await descriptorsOf(pid) });
  }
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;

/** Of samples from one second to another: garbage comes and goes, and a large image takes a decoder's memory for a moment. */
const medianOf = (samples: readonly Sample[], field: keyof Sample, from: number, to = Infinity): number =>
  median(samples.filter(({ second }) => second >= from && second < to).map((one) => one[field]));

/** The last stretch against the first after the warm-up, both under the same load and as long. */
function requireFlatMemory(samples: readonly Sample[]): void {
  for (const field of ['all', 'own', 'decoders'] as const) {
    const [start, end] = firstAndLast(samples, field);
    const most = start * MAX_GROWTH + SLACK_BYTES;
    assert.ok(
      end <= most,
      `expected ${field} at most ${inMegabytes(most)} MB; came ${inMegabytes(end)} after ${inMegabytes(start)}`,
    );
  }
}

const firstAndLast = (samples: readonly Sample[], field: keyof Sample): [number, number] => [
  medianOf(samples, field, WARM_UP_SECONDS, 2 * WARM_UP_SECONDS),
  medianOf(samples, field, SECONDS - WARM_UP_SECONDS),
];

const inMegabytes = (bytes: number): number => Math.round(bytes / MEGABYTE);

const REST_MS = 1_000;
const LONGEST_REST_MS = 30_000;

/** Once it has been the same for a while. */
async function descriptorsAtRest(pid: number): Promise<number> {
  const end = performance.now() + LONGEST_REST_MS;
  let open = await descriptorsOf(pid);
  for (let since = performance.now(); performance.now() - since < REST_MS; await delay(50)) {
    const now = await descriptorsOf(pid);
    if (now !== open) since = performance.now();
    open = now;
    assert.ok(performance.now() < end, `expected as many open files for a while; came ${open}, and then others`);
  }
  return open;
}

/** Every kind of thing was done, none was answered by a fault, and none was logged. */
function requireNoFault({ wire }: Traffic, service: RunningService): void {
  const outcomes = [...wire.tally.keys()];
  assert.deepEqual(
    outcomes.filter((outcome) => / (5\d\d|429)$/.test(outcome)),
    [],
    'answers that no client is to blame for',
  );
  for (const outcome of OUTCOMES) assert.ok(wire.tally.has(outcome), `expected some ${outcome}; came ${outcomes}`);
  assert.deepEqual(complaints(service), [], 'what the service complained of');
  assert.equal(service.process.exitCode, null);
}

/** What shows that clients get through to what they are there for. */
const OUTCOMES = [
  ...[
    'grant 200',
    'put 200',
    'post form 204',
    'form 200',
    'raw 200',
    'base64 200',
    'batch 200',
    'keyed 200',
    'keyed 409',
  ],
  ...['cut put hung up', 'cut direct hung up', 'no image 400', 'abused grant 403', 'put again 412', 'wait 200'],
  ...['complete 200', 'delete 200', 'delete many 200', 'change 200', 'change 412', 'list 200', 'list 400'],
  ...['read 200', 'read range 206', 'read unchanged 304', 'read beyond 416', 'read given up 200', 'download 200'],
  ...['download range 206', 'arbitrary 200', 'arbitrary 400', 'malformed 400', 'pipelined 200', 'left unread cut off'],
];

/** pino's number of the level. */
const ERROR = 50;

/** Lines of its log that are errors, and what else it printed, as Node prints warnings; without where it listens. */
function complaints(service: RunningService): string[] {
  const [, ...lines] = service.output().trim().split('\n');
  return lines.filter((line) => !line.startsWith('{') || JSON.parse(line).level >= ERROR);
}

async function requireReadable({ wire, album }: Traffic): Promise<void> {
  assert.ok(album.all().length > 0);
  for (const { id, picture } of album.all()) {
    const { body } = await wire.ask('read in the end', `/images/${id}`, {}, [200]);
    assert.equal(sha256Of(body), picture.sha256, `the bytes of ${id}`);
  }
  wire.hangUp();
}

async function requireEmpty(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  assert.deepEqual(files, [], `what is left in ${folder}`);
}

function report({
  traffic,
  samples,
  service,
  resting,
}: {
  readonly traffic: Traffic;
  readonly samples: readonly Sample[];
  readonly service: RunningService;
  readonly resting: readonly number[];
}): void {
  console.log(`seed ${SEED}; open files at rest after the warm-up and in the end: ${resting.join(', ')}`);
  console.log(`images in the end: ${traffic.album.all().length}; lines of log: ${service.output().split('\n').length}`);
  for (const [outcome, count] of [...traffic.wire.tally].toSorted()) console.log(`${count} ${outcome}`);
  const every = WARM_UP_SECONDS / 2;
  for (let from = 0; from < SECONDS; from += every) {
    const of = (field: keyof Sample) => medianOf(samples, field, from, from + every);
    const memory = (['all', 'own', 'decoders'] as const).map((field) => `${field} ${inMegabytes(of(field))} MB`);
    console.log(`${from} s: ${memory.join(', ')}, ${of('processes')} processes, ${of('descriptors')} open files`);
  }
}
