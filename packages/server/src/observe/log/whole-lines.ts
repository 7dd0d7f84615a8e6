import { pino } from 'pino';
import { surviving } from './logger.ts';

/**
 * Standard output for a process that may be frozen or killed any moment: a text is written when the call returns.
 * `process.stdout` writes later what a full pipe doesn't take at once, and then in the middle of other lines.
 */
export function createWholeLines(): (text: string) => void {
  const output = surviving(pino.destination({ dest: process.stdout.fd, sync: true }));
  return (text) => void output.write(text);
}
