import { type Logger, pino } from 'pino';
import { loggedError } from './logged-error.ts';
import type { LogLevel } from './variables.ts';

export type { Logger } from 'pino';

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Lines for a person, or JSON for a collector. */
  readonly format: 'pretty' | 'json';
}

/** The one log of the process, on standard output. */
export async function createLogger({ level, format }: LoggerOptions): Promise<Logger> {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    serializers: { err: loggedError },
  };
  if (format === 'json') return pino(options);
  const { default: pretty } = await import('pino-pretty');
  const stream = pretty({
    colorize: process.stdout.isTTY,
    sync: true,
    ignore: 'request_id,method,path,status,ms',
    messageFormat: (line, key) =>
      line['method'] === undefined
        ? String(line[key])
        : `${line['status']} ${line['method']} ${line['path']} ${line['ms']} ms ${line['request_id']}`,
  });
  return pino(options, stream);
}
