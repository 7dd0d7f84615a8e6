import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { getPriority, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../domain/errors.ts';
import { LAUNCHER, type PlanOptions, planOf } from '../confinement/plan.ts';

/**
 * All of a decoder's environment: the service's own holds secrets. The three for glibc's malloc keep a decoder at 145 MB, where it
 * grew to 500 over thousands of pictures; to give back every 1 MB cost a tenth of the time. One thread for libuv's work, since a
 * decoder does one job at a time: in turn, four found their caches cold each time.
 */
export const DECODER_ENVIRONMENT = {
  VIPS_BLOCK_UNTRUSTED: '1',
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '33554432',
  MALLOC_MMAP_THRESHOLD_: '4194304',
  UV_THREADPOOL_SIZE: '1',
  // The system's has nothing for a decoder, which may not read it.
  OPENSSL_CONF: '/dev/null',
};

/** In MB, for new JavaScript objects; pixels lie elsewhere. A decoder holds 40 MB instead of 160, for 0.2 ms more an image. */
export const DECODER_OPTIONS: readonly string[] = ['--max-semi-space-size=1'];

/**
 * How far a decoder's priority is below ours (setpriority(2)). While transforms keep two cores busy the p99 of a small request is
 * 8.5 times its idle one, at 5 it was 11.8; 19 gave no more, and leaves a decoder hardly anything beside other work: its time is bounded.
 */
const NICENESS = 10;
const LEAST_PRIORITY = 19;

/**
 * A decoder without our environment, below our priority, and confined where it is told by what. One that doesn't start says so by an
 * event `error`. Errors: `unavailable` where there aren't even streams for it.
 */
export function spawnDecoder(
  childFile: URL,
  confined: Pick<PlanOptions, 'levels' | 'folder' | 'readable'> | undefined,
): ChildProcessWithoutNullStreams {
  const command = [...DECODER_OPTIONS, fileURLToPath(childFile)];
  const environment = confined ? { ...DECODER_ENVIRONMENT, TMPDIR: confined.folder.outputs } : DECODER_ENVIRONMENT;
  const plan = confined && planOf({ ...confined, command, environment });
  const child = spawn(process.execPath, plan ? [LAUNCHER, JSON.stringify(plan), ...command] : command, {
    env: environment,
    stdio: 'pipe',
  });
  child.on('error', () => {}); // of one without streams nobody else hears
  requireStreams(child);
  if (child.pid !== undefined) stepBack(child.pid);
  return child;
}

/** There are none where descriptors ran out, whatever the types say. Errors: `unavailable`. */
function requireStreams(child: ChildProcessWithoutNullStreams): void {
  if (child.pid !== undefined || child.stdio?.every(Boolean)) return;
  throw new AppError('unavailable', 'expected a decode process to start; got none');
}

/** At once: on Linux it is of one thread, and those that this one starts inherit it. */
function stepBack(id: number): void {
  try {
    setPriority(id, Math.min(getPriority() + NICENESS, LEAST_PRIORITY));
  } catch {} // already gone, or a system that knows no priorities: then all are equal
}
