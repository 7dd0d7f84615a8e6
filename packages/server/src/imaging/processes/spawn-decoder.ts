import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../domain/errors.ts';
import { LAUNCHER, type PlanOptions, planOf } from '../confinement/plan.ts';

/**
 * The whole environment of a decoder, because the service's own holds secrets. The three variables for glibc's malloc
 * keep a decoder at 145 MB instead of 500 after thousands of pictures; returning every 1 MB took a tenth more time. One
 * thread for libuv: a decoder does one job at a time, and four threads in turn found their caches cold.
 */
export const DECODER_ENVIRONMENT = {
  VIPS_BLOCK_UNTRUSTED: '1',
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '33554432',
  MALLOC_MMAP_THRESHOLD_: '4194304',
  UV_THREADPOOL_SIZE: '1',
  // In memory, whose limits then hold: a decoder can make no file. No picture within the limits is read so that this
  // matters.
  VIPS_DISC_THRESHOLD: '4g',
  // The system's OpenSSL configuration is unneeded, and a decoder may not read it.
  OPENSSL_CONF: '/dev/null',
};

/** No better level has been tried. */
const NO_REASONS = '';

/**
 * In MB, for new JavaScript objects; pixels lie outside the heap. A decoder holds 40 MB instead of 160, for 0.2 ms more
 * an image.
 */
const MAX_SEMI_SPACE = '--max-semi-space-size=1';
/**
 * WebAssembly's bounds are checked by code: guarded by the kernel, each memory would reserve more addresses than a
 * decoder may have.
 */
const CHECKED_BOUNDS = '--disable-wasm-trap-handler';

/**
 * Code of WebAssembly that V8 flushes is compiled anew, and its space is lost: some hundred HEICs used up all
 * addresses.
 */
const KEPT_CODE = '--no-flush-liftoff-code';

export const DECODER_OPTIONS: readonly string[] = [MAX_SEMI_SPACE, CHECKED_BOUNDS, KEPT_CODE];

/**
 * How far a decoder's priority is below the service's (setpriority(2)). While transforms keep two cores busy the p99 of
 * a small request is 8.5 times its idle one; with 5 it was 11.8; 19 improved nothing, and leaves a decoder hardly any
 * time beside other load, though its time is bounded.
 */
const NICENESS = 10;
const LEAST_PRIORITY = 19;

/**
 * Starts a decoder with its own environment, a lower priority and the given confinement. A failed start emits an
 * `error` event. Errors: `unavailable` if there are no descriptors for its streams.
 */
export function spawnDecoder(
  childFile: URL,
  confined: Pick<PlanOptions, 'levels' | 'folder' | 'readable'> | undefined,
): ChildProcessWithoutNullStreams {
  const command = [...DECODER_OPTIONS, fileURLToPath(childFile)];
  const plan = confined && planOf({ ...confined, environment: DECODER_ENVIRONMENT });
  const child = spawn(process.execPath, plan ? [LAUNCHER, JSON.stringify(plan), NO_REASONS, ...command] : command, {
    env: DECODER_ENVIRONMENT,
    stdio: 'pipe',
  });
  child.on('error', () => {}); // without streams there is no other listener
  requireStreams(child);
  if (child.pid !== undefined) stepBack(child.pid);
  return child;
}

/** The streams are absent if descriptors ran out, whatever the types say. Errors: `unavailable`. */
function requireStreams(child: ChildProcessWithoutNullStreams): void {
  if (child.pid !== undefined || child.stdio?.every(Boolean)) return;
  throw new AppError('unavailable', 'expected a decode process to start; got none');
}

/** At once: on Linux priority belongs to a thread, and later threads inherit it. */
function stepBack(id: number): void {
  try {
    setPriority(id, Math.min(getPriority() + NICENESS, LEAST_PRIORITY));
  } catch {} // already ended, or a system without priorities
}

/**
 * For a decoder that has started. Where the service was slow to lower its priority, threads had begun before (Linux).
 */
export function lowerEveryThread(id: number): void {
  try {
    for (const thread of readdirSync(`/proc/${id}/task`)) stepBack(Number(thread));
  } catch {} // already ended, or another system
}
