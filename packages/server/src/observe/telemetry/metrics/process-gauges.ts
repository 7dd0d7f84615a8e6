import { readdir } from 'node:fs/promises';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { CONFINEMENTS, type Measure, type MetricId, URGENCIES } from './catalog.ts';

/** The parts of a composed process whose state is read when someone asks for metrics. */
export interface WatchedProcess {
  /** Requests whose answer has not ended; absent: the process answers none. */
  readonly activeRequests?: () => number;
  readonly decoders: () => DecoderLoad;
  /** The level at which decoders are confined, as far as is known. */
  readonly confinement: () => string;
  /** How many seconds the clock is ahead of that of each store that has one. */
  readonly clockOffsets: () => ReadonlyMap<string, number>;
  /** The connections to the database of the records; null: there are none. */
  readonly connections: (() => ConnectionLoad) | null;
  /** The disk with the least room; undefined: there is none, or it can't be measured. */
  readonly disk: () => Promise<{ readonly freeBytes: number; readonly reserveBytes: number } | undefined>;
}

export interface ConnectionLoad {
  readonly open: number;
  readonly used: number;
  /** Calls that wait for one. */
  readonly waiting: number;
}

type ByUrgency = Readonly<Record<(typeof URGENCIES)[number], number>>;

export interface DecoderLoad {
  readonly processes: number;
  readonly waiting: ByUrgency;
  readonly running: ByUrgency;
}

export interface ProcessGauges {
  /** From now on, what `process` shows too. */
  watch(process: WatchedProcess): void;
  /** The values now; never rejects. */
  read(): Promise<readonly Measure[]>;
  [Symbol.dispose](): void;
}

/** The timer's interval is a part of each delay that the histogram has. */
const RESOLUTION_MS = 20;
/** A network's disk may not answer at all. */
const LONGEST_WAIT_MS = 1_000;

export interface ProcessGaugesOptions {
  /** The version of the package. */
  readonly version: string;
  readonly droppedSpans: () => number;
}

export function createProcessGauges({ version, droppedSpans }: ProcessGaugesOptions): ProcessGauges {
  let watched: WatchedProcess | undefined;
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  let lastUse = performance.eventLoopUtilization();

  const eventLoop = (): readonly Measure[] => {
    // No percentile: a block of ten seconds is one sample, and each second without a block adds fifty.
    const lateMs = Math.max(delays.max / 1e6 - RESOLUTION_MS, 0);
    delays.reset();
    const use = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(use, lastUse);
    lastUse = use;
    return [plain('eventLoopDelay', lateMs / 1_000), plain('eventLoopUse', utilization)];
  };

  const ofProcess = (): readonly Measure[] => {
    const { heapUsed, rss } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    return [
      plain('heapUsed', heapUsed),
      plain('residentMemory', rss),
      plain('cpuTime', (user + system) / 1e6),
      measure('build', 1, { version, node: process.versions.node }),
      plain('droppedSpans', droppedSpans()),
    ];
  };

  const slow = async (): Promise<readonly Measure[]> => {
    const [files, disk] = await Promise.all([within(openFiles()), within(watched?.disk())]);
    return [
      ...(files === undefined ? [] : [plain('openFiles', files)]),
      ...(disk ? [plain('diskFree', disk.freeBytes), plain('diskReserve', disk.reserveBytes)] : []),
    ];
  };

  return {
    watch(process) {
      watched = process;
    },
    read: async () => [...eventLoop(), ...ofProcess(), ...(watched ? ofParts(watched) : []), ...(await slow())],
    [Symbol.dispose]: () => delays.disable(),
  };
}

const measure = (metric: MetricId, value: number, labels: Measure['labels']): Measure => ({ metric, value, labels });

const plain = (metric: MetricId, value: number): Measure => measure(metric, value, {});

function ofParts(process: WatchedProcess): readonly Measure[] {
  const { activeRequests, decoders, confinement, clockOffsets, connections } = process;
  const { processes, ...jobs } = decoders();
  const level = confinement();
  const database = connections?.();
  return [
    ...(activeRequests ? [plain('activeRequests', activeRequests())] : []),
    plain('decoderProcesses', processes),
    ...(['waiting', 'running'] as const).flatMap((state) =>
      URGENCIES.map((urgency) => measure('decoderJobs', jobs[state][urgency], { state, urgency })),
    ),
    ...CONFINEMENTS.map((one) => measure('confinement', one === level ? 1 : 0, { level: one })),
    ...[...clockOffsets()].map(([part, seconds]) => measure('clockOffset', seconds, { part })),
    ...(database
      ? [
          measure('databaseConnections', database.open - database.used, { state: 'idle' }),
          measure('databaseConnections', database.used, { state: 'used' }),
          plain('databaseWaiting', database.waiting),
        ]
      : []),
  ];
}

/** Only Linux tells cheaply. The listing itself opens one. */
const openFiles = async (): Promise<number | undefined> =>
  process.platform === 'linux' ? (await readdir('/proc/self/fd')).length - 1 : undefined;

/** Undefined if there is no answer in time, or an error. */
async function within<Value>(answer: Promise<Value> | undefined): Promise<Value | undefined> {
  const giveUp = new AbortController();
  const late = delay(LONGEST_WAIT_MS, undefined, { ref: false, signal: giveUp.signal }).catch(() => undefined);
  try {
    return await Promise.race([answer, late]);
  } catch {
    return undefined;
  } finally {
    giveUp.abort();
  }
}
