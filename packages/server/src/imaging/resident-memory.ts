import { readFileSync } from 'node:fs';

/** Bytes of memory that process `id` occupies; undefined when it is gone, or where the system doesn't tell: only Linux does. */
export function residentBytes(id: number): number | undefined {
  try {
    // proc_pid_status(5). Not by the thread pool, which may be waiting for a disk.
    const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${id}/status`, 'latin1'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
