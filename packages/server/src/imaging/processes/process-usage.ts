import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

/**
 * The resource usage of a process. Dispose when the process has ended. Undefined if it has ended, or on systems other
 * than Linux.
 */
export interface ProcessUsage extends Disposable {
  residentBytes(): number | undefined;
  /** CPU seconds of all its threads since its start, in user and kernel mode. */
  cpuSeconds(): number | undefined;
}

/** Larger than the files of the kernel (proc_pid_status(5), proc_pid_stat(5)). */
const MAX_TEXT_BYTES = 4_096;

/** A job's end and the start of the next one share a reading, which takes 30 µs. */
const READING_MS = 1;

/** USER_HZ: the kernel reports hundredths on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

export function processUsage(id: number): ProcessUsage {
  const status = textFile(`/proc/${id}/status`);
  const stat = textFile(`/proc/${id}/stat`);
  let reading: { readonly atMs: number; readonly seconds: number | undefined } | undefined;
  return {
    residentBytes() {
      const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(status.read() ?? '')?.[1];
      return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
    },
    cpuSeconds() {
      const nowMs = performance.now();
      if (!reading || nowMs - reading.atMs > READING_MS) reading = { atMs: nowMs, seconds: secondsIn(stat.read()) };
      return reading.seconds;
    },
    [Symbol.dispose]() {
      reading = undefined;
      status.close();
      stat.close();
    },
  };
}

function secondsIn(stat: string | undefined): number | undefined {
  if (stat === undefined) return undefined;
  // The name in parentheses may contain any character; utime and stime are the 12th and 13th field after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Opened once, because a check follows every job. */
function textFile(path: string) {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
  } catch {} // ended, or another system
  const text = Buffer.alloc(MAX_TEXT_BYTES);
  return {
    read(): string | undefined {
      if (descriptor === undefined) return undefined;
      try {
        // Not by the thread pool, which may be waiting for a disk.
        return text.toString('latin1', 0, readSync(descriptor, text, 0, text.length, 0));
      } catch {
        return undefined;
      }
    },
    close() {
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
  };
}

/** The process itself, or its child if a program made a namespace for it. */
export function innermost(id: number): number {
  try {
    const child = Number(readFileSync(`/proc/${id}/task/${id}/children`, 'latin1').trim().split(' ')[0]);
    return child > 0 ? child : id;
  } catch {
    return id;
  }
}
