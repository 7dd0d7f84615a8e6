import type { EventEmitter } from 'node:events';
import { type Logger, pino } from 'pino';
import type { LogLevel } from './log-levels.ts';
import { loggedDetail } from './logged-detail.ts';
import { loggedError, withoutSecrets } from './logged-error.ts';
import { PRETTY_FIELDS, prettyLine } from './pretty-line.ts';

export type { Logger } from 'pino';

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Human-readable lines, or JSON for a collector. */
  readonly format: 'pretty' | 'json';
  /**
   * Writes each line before the call returns, for a process that may be frozen or killed any moment after an answer.
   */
  readonly writesAtOnce?: boolean;
}

/** The only log of the process, on standard output. */
export async function createLogger({ level, format, writesAtOnce = false }: LoggerOptions): Promise<Logger> {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    serializers: {
      err: loggedError,
      detail: loggedDetail,
      path: (path: unknown) => (typeof path === 'string' ? withoutSecrets(path) : path),
    },
  };
  if (format === 'json') return pino(options, jsonOutput(writesAtOnce));
  const { default: pretty } = await import('pino-pretty');
  const stream = pretty({
    colorize: process.stdout.isTTY,
    sync: true,
    ignore: PRETTY_FIELDS.join(','),
    messageFormat: (line, key) => prettyLine(line, String(line[key])),
  });
  return pino(options, surviving(stream));
}

/**
 * Lines that wait for a full disk, or for a reader that has stopped; more are lost, where they would fill the memory.
 */
const MAX_WAITING_BYTES = 8_388_608;
/** A reader that is only slow takes the last lines within this time. */
const LAST_LINES_MS = 1_000;

/**
 * Standard output. When the process ends, pino writes the lines that wait, and repeats a write that fails without an
 * end: here it gives up, as a process that a full disk or a stopped reader keeps alive can't be restarted.
 */
function jsonOutput(sync: boolean) {
  let isTaken = true;
  let endMs = Number.POSITIVE_INFINITY;
  const output = pino.destination({
    dest: process.stdout.fd,
    sync,
    maxLength: MAX_WAITING_BYTES,
    retryEAGAIN: () => performance.now() < endMs,
  });
  const writeWaiting = output.flushSync.bind(output);
  output.flushSync = () => {
    endMs = performance.now() + LAST_LINES_MS;
    if (isTaken) writeWaiting();
  };
  output.on('error', () => {
    isTaken = false;
  });
  output.on('write', () => {
    isTaken = true;
  });
  return surviving(output);
}

/**
 * A line that can't be written, as to a file on a full disk, is lost: without a listener the error ends the process.
 */
export const surviving = <Output extends EventEmitter>(output: Output): Output => output.on('error', () => undefined);
