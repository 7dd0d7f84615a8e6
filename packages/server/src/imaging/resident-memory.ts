import { closeSync, openSync, readSync } from 'node:fs';

/** What a process occupies. To be disposed of when that has gone. */
export interface ResidentMemory extends Disposable {
  /** Undefined when the process is gone, or where the system doesn't tell: only Linux does. */
  bytes(): number | undefined;
}

/** More than the system tells (proc_pid_status(5)). */
const MAX_STATUS_BYTES = 4_096;

export function residentMemory(id: number): ResidentMemory {
  const text = Buffer.alloc(MAX_STATUS_BYTES);
  let status: number | undefined;
  try {
    status = openSync(`/proc/${id}/status`, 'r'); // once: a look comes after every job
  } catch {} // gone, or another system
  return {
    bytes() {
      if (status === undefined) return undefined;
      try {
        // Not by the thread pool, which may be waiting for a disk.
        const length = readSync(status, text, 0, text.length, 0);
        const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(text.toString('latin1', 0, length))?.[1];
        return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
      } catch {
        return undefined;
      }
    },
    [Symbol.dispose]() {
      if (status !== undefined) closeSync(status);
      status = undefined;
    },
  };
}
