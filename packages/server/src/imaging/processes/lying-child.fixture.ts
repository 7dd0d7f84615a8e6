import { readFileSync, rmSync, symlinkSync, writeSync } from 'node:fs';
import type { DecodeJob } from './decode-job.ts';
import { serveJobs } from './serve-jobs.ts';

/** For tests: the content of the file that instructs a lying decoder. */
export interface Lie {
  /** Written unchanged, after `started`. */
  readonly says: string;
  /** The only output becomes a symbolic link to this. */
  readonly linksTo?: string;
}

const REPLIES = 1;

serveJobs<DecodeJob>(async (job) => {
  const path = job.kind === 'render' ? job.source.path : job.path;
  const { says, linksTo }: Lie = JSON.parse(readFileSync(path, 'utf8'));
  if (job.kind === 'render' && linksTo !== undefined) {
    const output = job.outputs[0]?.path ?? '';
    rmSync(output);
    symlinkSync(linksTo, output);
  }
  await Promise.resolve(); // `started` goes first
  for (let rest = Buffer.from(says); rest.length > 0; ) rest = rest.subarray(writeAll(rest));
  return new Promise(() => {});
});

/** The pipe takes a part at a time, and none while it is full. */
function writeAll(bytes: Buffer): number {
  try {
    return writeSync(REPLIES, bytes);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return 0;
    throw error;
  }
}
