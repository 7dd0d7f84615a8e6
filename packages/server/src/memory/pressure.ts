import { openSync, readSync } from 'node:fs';
import { totalmem } from 'node:os';
import { openHeap } from './heap.ts';

export interface PressureLimits {
  readonly maxEventLoopDelayMs: number;
  /** Of the process's own memory; null: no limit. */
  readonly maxMemoryBytes: number | null;
}

const SAMPLE_MS = 250;
const MEGABYTE = 1_048_576;

/** A collection stops the process for up to a tenth of a second: collections may take a twentieth of the time. */
const COLLECTION_PAUSE_MS = 2_000;

/**
 * Watches the event loop and the memory, for as long as the process lives. A request asks how late the loop is now: a turn
 * full of requests is cut short, where a sample would come only behind it. After such a turn what has piled up is refused
 * for one more sample.
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
      openHeap().collect('exhaustive'); // an idle process keeps its garbage for minutes, and would refuse everybody for it
      collectedAt = performance.now();
    }
    return late ?? excess();
  };
  const sample = (): void => {
    try {
      reason = look();
    } catch {
      reason = undefined; // the memory can't be read: nothing is known until the next sample
    }
    sampledAt = performance.now();
    setTimeout(sample, SAMPLE_MS).unref();
  };
  setTimeout(sample, SAMPLE_MS).unref();
  return () => reason ?? lateness();
}

/** Without the pages of mapped files, as SQLite's, where the system tells: it takes those back when it needs them. */
function memoryMeter(): () => number {
  if (process.platform !== 'linux') return () => process.memoryUsage.rss();
  const status = openSync('/proc/self/status', 'r'); // once: it has to be read, too, when no file can be opened
  const text = Buffer.alloc(4_096);
  return () => {
    const length = readSync(status, text, 0, text.length, 0);
    const [, kilobytes] = /^RssAnon:\s+(\d+) kB$/m.exec(text.toString('latin1', 0, length)) ?? [];
    return kilobytes === undefined ? process.memoryUsage.rss() : Number(kilobytes) * 1_024;
  };
}

const inMegabytes = (bytes: number): number => Math.round(bytes / MEGABYTE);

/** Of a container's limit; the rest is for what else runs in it. */
const CONTAINER_SHARE = 0.8;

/** As the system tells them; nothing constrains a process whose container has 0, or more than the machine. */
const systemMemory = () => ({ machine: totalmem(), container: process.constrainedMemory() });

/** What is configured, else a share of the container's own limit; null where it has none. */
export function memoryLimit(configured: number | null, { machine, container } = systemMemory()): number | null {
  if (configured !== null) return configured;
  return container > 0 && container < machine ? Math.floor(container * CONTAINER_SHARE) : null;
}
