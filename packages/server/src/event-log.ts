import type { ReportEvent, ServiceEvent } from './domain/event.ts';
import type { Logger } from './logger.ts';

interface Line {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
}

const LINES = {
  'upload-rejected': { level: 'warn', message: 'an upload was rejected' },
  'object-replaced': { level: 'error', message: 'an original has been replaced in the store: it is not served' },
  'unreadable-record': { level: 'error', message: "a record can't be read: lists and the sweeper leave it out" },
  'part-degraded': { level: 'warn', message: 'calls to a part fail: /readyz says degraded' },
  'part-failing': { level: 'error', message: 'all writes to a part fail: /readyz says 503' },
  'orphans-removed': { level: 'info', message: 'objects that no record refers to were removed' },
  'objects-without-records': {
    level: 'warn',
    message: 'most images of a part of the bucket have no record: none of their objects is removed',
  },
  'unknown-job': { level: 'warn', message: 'a job of another version stays in the queue' },
} as const satisfies Record<ServiceEvent['event'], Line>;

/** Writes each event as one line: its name in the field `event`, its other fields in snake_case. */
export const logEvents =
  (logger: Logger): ReportEvent =>
  (event) => {
    const { level, message } = LINES[event.event];
    logger[level](Object.fromEntries(Object.entries(event).map(([name, value]) => [snakeCase(name), value])), message);
  };

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
