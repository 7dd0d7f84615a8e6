import { type Logger, pino } from 'pino';
import type { LogLevel } from '../config/log-variables.ts';
import { loggedDetail } from './logged-detail.ts';
import { loggedError, withoutSecrets } from './logged-error.ts';

export type { Logger } from 'pino';

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Human-readable lines, or JSON for a collector. */
  readonly format: 'pretty' | 'json';
  /** Writes each line before the call returns, for a process that may be frozen or killed any moment after an answer. */
  readonly writesAtOnce?: boolean;
}

/** The fields of a request that its human-readable line contains, and those that it leaves out; the lines of other events have these. */
const SHOWN = ['request_id', 'method', 'path', 'status', 'ms', 'client_address', 'code', 'detail'];
const BRIEF = [
  ...['operation', 'outcome', 'image_id', 'user_id', 'key_id', 'caller', 'route', 'limit'],
  ...['bytes_in', 'bytes_out', 'trace_id'],
];

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
  if (format === 'json') return pino(options, pino.destination({ dest: process.stdout.fd, sync: writesAtOnce }));
  const { default: pretty } = await import('pino-pretty');
  const stream = pretty({
    colorize: process.stdout.isTTY,
    sync: true,
    ignore: [...SHOWN, ...BRIEF].join(','),
    messageFormat: (line, key) => {
      const { status, method, path, ms, client_address: client = '-', request_id, code, detail, outcome } = line;
      const isRequest = method !== undefined;
      const what = isRequest ? `${status} ${method} ${path} ${ms} ms ${client} ${request_id}` : String(line[key]);
      const brief = BRIEF.filter((name) => line[name] !== undefined).map((name) => ` ${name}=${line[name]}`);
      const rest = isRequest ? (outcome === 'aborted' ? ' aborted' : '') : brief.join('');
      return `${what}${rest}${code === undefined ? '' : ` ${code}${detail === undefined ? '' : `: ${detail}`}`}`;
    },
  });
  return pino(options, stream);
}
