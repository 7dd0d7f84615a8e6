import { createLogUpdate } from 'log-update';
import stringWidth from 'string-width';
import { amount, duration } from './amounts.ts';
import { DEFAULT_COLUMNS, type Sink } from './sink.ts';

/** How far a command is. */
export interface Progress {
  readonly verb: string;
  readonly done: number;
  /** Undefined until it is known. */
  readonly total: number | undefined;
  readonly bytes: number;
  /** Bytes of these that moved before. */
  readonly foundBytes?: number;
  readonly totalBytes: number | undefined;
}

/** One line on a terminal's stderr that shows progress; elsewhere nothing. */
export interface ProgressLine extends Disposable {
  readonly isShown: boolean;
  /** Shows what `read` tells, until disposed. */
  follow(read: () => Progress): Disposable;
  /** Shows these words instead until then, a time of `performance.now()`. */
  wait(until: number, words: (secondsLeft: number) => string): void;
  /** Writes something else without a trace of the line in it. */
  aside(write: () => void): void;
}

const REDRAW_MS = 100;
const NARROWEST_BAR = 6;
const WIDEST_BAR = 24;

export function createProgressLine(stderr: NodeJS.WriteStream, isShown: boolean): ProgressLine {
  if (!isShown || !stderr.isTTY)
    return { isShown: false, follow: () => quiet, wait: () => undefined, aside: (write) => write(), ...quiet };
  const line = createLogUpdate(stderr, { showCursor: true });
  let read: (() => string) | undefined;
  let waiting: { readonly until: number; readonly words: (secondsLeft: number) => string } | undefined;
  const text = (): string | undefined => {
    const left = waiting === undefined ? 0 : waiting.until - performance.now();
    if (waiting !== undefined && left > 0) return waiting.words(Math.ceil(left / 1_000)).slice(0, widthOf(stderr));
    waiting = undefined;
    return read?.();
  };
  let timer: ReturnType<typeof setInterval> | undefined;
  const draw = (): void => {
    const now = text();
    if (now === undefined) {
      line.clear();
      clearInterval(timer);
    } else line(now);
  };
  const start = (): void => {
    clearInterval(timer);
    timer = setInterval(draw, REDRAW_MS).unref();
    draw();
  };
  const stop = (): void => {
    clearInterval(timer);
    if (read ?? waiting) line.clear();
    read = undefined;
    waiting = undefined;
  };
  return {
    isShown: true,
    follow(progress) {
      const startedMs = performance.now();
      read = () => lineOf(progress(), (performance.now() - startedMs) / 1000, widthOf(stderr));
      start();
      return { [Symbol.dispose]: stop };
    },
    wait(until, words) {
      waiting = { until, words };
      start();
    },
    aside(write) {
      const isDrawn = read !== undefined || waiting !== undefined;
      if (isDrawn) line.clear();
      write();
      if (isDrawn) draw();
    },
    [Symbol.dispose]: stop,
  };
}

const quiet: Disposable = { [Symbol.dispose]: () => undefined };

/** One column stays free: some terminals wrap a full line. */
const widthOf = (stderr: Sink): number => (stderr.columns || DEFAULT_COLUMNS) - 1;

/** `Uploading ███░░░ 12 of 40, 3.4 MB/s, 20 s left`, and less of it where it is too long. */
export function lineOf(
  { verb, done, total, bytes, foundBytes = 0, totalBytes }: Progress,
  seconds: number,
  width: number,
): string {
  const count = total === undefined ? `${done}` : `${done} of ${total}`;
  const rate = (bytes - foundBytes) / Math.max(seconds, 0.1);
  const parts = [count];
  if (seconds > 1 && rate > 0) parts.push(`${amount(rate)}/s`);
  if (seconds > 3 && rate > 0 && totalBytes !== undefined && totalBytes > bytes)
    parts.push(`${duration((totalBytes - bytes) / rate)} left`);
  for (; ; parts.pop()) {
    const words = parts.join(', ');
    const room = width - stringWidth(`${verb}  ${words}`);
    const fraction = fractionOf({ done, total, bytes, totalBytes });
    if (fraction !== undefined && room >= NARROWEST_BAR) {
      const size = Math.min(room, WIDEST_BAR);
      const filled = Math.floor(fraction * size);
      return `${verb} ${'█'.repeat(filled)}${'░'.repeat(size - filled)} ${words}`;
    }
    if (parts.length === 1) return `${verb} ${words}`.slice(0, width);
  }
}

function fractionOf({ done, total, bytes, totalBytes }: Omit<Progress, 'verb'>): number | undefined {
  if (total === undefined) return undefined;
  const fraction = totalBytes ? bytes / totalBytes : done / Math.max(total, 1);
  return Math.min(Math.max(fraction, 0), 1);
}
