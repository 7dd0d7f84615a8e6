import { openSync, readSync } from 'node:fs';
import { totalmem } from 'node:os';
import { openHeap } from './heap.ts';

export interface PressureLimits {
  readonly maxEventLoopDelayMs: number;
  /** Limit of the process's own memory in bytes; null: no limit. */
  readonly maxMemoryBytes: number | null;
}

const SAMPLE_MS = 250;
const MEGABYTE = 1_048_576;

/** A collection stops the process for up to a tenth of a second: collections may take a twentieth of the time. */
const COLLECTION_PAUSE_MS = 2_000;

/**
 * Watches the event loop and the memory for the lifetime of the process. Each request asks for the current delay of the
 * loop: in a turn full of requests a sampled value would be too late. After such a turn requests are refused for one
 * more sample.
 */
export function watchPressure({ maxEventLoopDelayMs, maxMemoryBytes }: PressureLimits): () => string | undefined {
  let sampledAt = performance.now();
  let collectedAt = -Infinity;
  let reason: string | undefined;

  const memoryBytes = memoryMeter();

  const lateness = (): string | undefined => {
    const lateMs = performance.now() - sampledAt - SAMPLE_MS;
    if (lateMs <= maxEventLoopDelayMs) return undefined;
    return `expected an event loop delay of at most ${maxEventLoopDelayMs} ms; got ${Math.round(lateMs)} ms`;
  };
  const excess = (): string | undefined => {
    if (maxMemoryBytes === null) return undefined;
    const bytes = memoryBytes();
    if (bytes <= maxMemoryBytes) return undefined;
    return `expected at most ${inMegabytes(maxMemoryBytes)} MB of memory in use; got ${inMegabytes(bytes)} MB`;
  };
  const look = (): string | undefined => {
    const late = lateness();
    if (excess() !== undefined && performance.now() - collectedAt > COLLECTION_PAUSE_MS) {
      openHeap().collect('exhaustive'); // an idle process keeps garbage for minutes, and would refuse all requests because of it
      collectedAt = performance.now();
    }
    return late ?? excess();
  };
  const sample = (): void => {
    try {
      reason = look();
    } catch {
      reason = undefined; // unreadable: unknown until the next sample
    }
    sampledAt = performance.now();
    setTimeout(sample, SAMPLE_MS).unref();
  };
  setTimeout(sample, SAMPLE_MS).unref();
  return () => reason ?? lateness();
}

/** Resident memory without mapped files such as SQLite's, if the system tells: it reclaims those pages on demand. */
function memoryMeter(): () => number {
  if (process.platform !== 'linux') return () => process.memoryUsage.rss();
  const status = openSync('/proc/self/status', 'r'); // opened once, so that it is readable when descriptors have run out
  const text = Buffer.alloc(4_096);
  return () => {
    const length = readSync(status, text, 0, text.length, 0);
    const [, kilobytes] = /^RssAnon:\s+(\d+) kB$/m.exec(text.toString('latin1', 0, length)) ?? [];
    return kilobytes === undefined ? process.memoryUsage.rss() : Number(kilobytes) * 1_024;
  };
}

const inMegabytes = (bytes: number): number => Math.round(bytes / MEGABYTE);

/** The share of a container's limit; the rest is for its other processes. */
const CONTAINER_SHARE = 0.8;

/** The system's values; a process is unconstrained if its container's limit is 0, or above the machine's memory. */
const systemMemory = () => ({ machine: totalmem(), container: process.constrainedMemory() });

/** The configured limit, else a share of the container's own; null without one. */
export function memoryLimit(configured: number | null, { machine, container } = systemMemory()): number | null {
  if (configured !== null) return configured;
  return container > 0 && container < machine ? Math.floor(container * CONTAINER_SHARE) : null;
}
