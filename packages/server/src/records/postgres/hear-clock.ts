import type { ClockHearing } from '../../aws/hear-clock.ts';
import type { Statements } from './database.ts';

/** An offset counts for ten minutes, and an alert looks every minute. */
const EVERY_MS = 60_000;
/** A clock that was set meanwhile, as by NTP. */
const MAX_DRIFT_MS = 1_000;

/**
 * Compares this machine's clock with the database's now, and every minute until disposed. Without an answer nothing is
 * heard.
 */
export function hearClockOf(statements: Statements, hearing: ClockHearing): Disposable {
  const hear = (): void => void heard(statements, hearing).catch(() => undefined); // calls of records report it
  hear();
  const timer = setInterval(hear, EVERY_MS);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

async function heard(statements: Statements, { clock, heard: tell }: ClockHearing): Promise<void> {
  const [fromMs, startMs] = [clock.now().getTime(), clock.elapsedMs()];
  const [row] = await statements.rows('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint');
  const toMs = fromMs + clock.elapsedMs() - startMs;
  if (Math.abs(clock.now().getTime() - toMs) <= MAX_DRIFT_MS) tell(aheadSeconds(Number(row?.[0]), fromMs, toMs));
}

/** 0 if the answer may have been made while we waited. */
const aheadSeconds = (databaseMs: number, fromMs: number, toMs: number): number =>
  (Math.max(fromMs - databaseMs, 0) + Math.min(toMs - databaseMs, 0)) / 1_000;
