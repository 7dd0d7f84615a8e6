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
  /** Writes each line before the call returns, for a process that may be frozen or killed any moment after an answer. */
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
  if (format === 'json')
    return pino(options, surviving(pino.destination({ dest: process.stdout.fd, sync: writesAtOnce })));
  const { default: pretty } = await import('pino-pretty');
  const stream = pretty({
    colorize: process.stdout.isTTY,
    sync: true,
    ignore: PRETTY_FIELDS.join(','),
    messageFormat: (line, key) => prettyLine(line, String(line[key])),
  });
  return pino(options, surviving(stream));
}

/** A line that can't be written, as to a file on a full disk, is lost: without a listener the error ends the process. */
export const surviving = <Output extends EventEmitter>(output: Output): Output => output.on('error', () => undefined);
