import { DEAD_LETTER_MS, FORGOTTEN_AT_ONCE } from '../dead-letter.ts';
import { LEASE_SECONDS } from '../job-queue.ts';
import { IMPLAUSIBLE_MS } from '../limits.ts';

/** Milliseconds since 1970. The clock of the database alone decides when a job is due. */
const NOW = 'floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint';
const LEASE_MS = LEASE_SECONDS * 1000;

/** A job whose newest delivery is this one. */
const HELD = 'n = $1 AND attempt = $2';

/** Several: arrays of numbers and attempts. */
const HELD_OF_SEVERAL = 'jobs.n = held.n AND jobs.attempt = held.attempt';

/** Each statement touches only the rows that it concerns. */
export const STATEMENTS = {
  /** Arrays of bodies and of delays in milliseconds. All are due by one look at the clock: the first goes first. */
  send: `INSERT INTO jobs (body, due_at, attempt)
    SELECT body, (SELECT ${NOW}) + delay_ms, 0
    FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS sent (body, delay_ms, place) ORDER BY place`,
  extend: `UPDATE jobs SET due_at = ${NOW} + ${LEASE_MS} WHERE ${HELD}`,
  postpone: `UPDATE jobs SET due_at = ${NOW} + $3::bigint WHERE ${HELD}`,
  remove: `DELETE FROM jobs WHERE ${HELD}`,
  /** Undoes deliveries of which no worker was told: their attempts don't count. */
  giveBack: `UPDATE jobs SET due_at = ${NOW} + $3::bigint, attempt = jobs.attempt - 1
    FROM unnest($1::bigint[], $2::integer[]) AS held (n, attempt) WHERE ${HELD_OF_SEVERAL}`,
  bury: `WITH dead AS (
      DELETE FROM jobs USING unnest($1::bigint[], $2::integer[], $3::text[]) AS held (n, attempt, reason)
      WHERE ${HELD_OF_SEVERAL} RETURNING jobs.n, jobs.body, held.reason
    )
    INSERT INTO dead_letters (died_at, n, body, reason) SELECT ${NOW}, n, body, reason FROM dead`,
  /** Two processes that forget at once each remove what the other one doesn't. */
  forget: `DELETE FROM dead_letters WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM dead_letters WHERE died_at < (SELECT ${NOW}) - ${DEAD_LETTER_MS}
      ORDER BY died_at, n LIMIT ${FORGOTTEN_AT_ONCE} FOR UPDATE SKIP LOCKED
    ))`,
  countDead: `SELECT count(*) FROM dead_letters WHERE died_at >= (SELECT ${NOW}) - ${DEAD_LETTER_MS}`,
} as const;

/**
 * Takes up to `limit` jobs, and leases them by the clock that says that they are due. Rows: number, body, attempt and
 * the place in the order of their due times; or one row of nulls and the milliseconds until the next job is due, null
 * if there is none. A receiver skips rows that another one is taking, and the server looks again at those that another
 * one took since this statement began. The limit is in the text, because the plan depends on it.
 */
export const takeStatement = (limit: number): string => `WITH clock AS MATERIALIZED (SELECT ${NOW} AS now),
    due AS MATERIALIZED (
      SELECT n FROM jobs WHERE due_at <= (SELECT now FROM clock)
      ORDER BY due_at, n LIMIT ${limit} FOR UPDATE SKIP LOCKED
    ),
    implausible AS MATERIALIZED (
      SELECT n FROM (
        SELECT n FROM jobs WHERE due_at > (SELECT now FROM clock) + ${IMPLAUSIBLE_MS}
        ORDER BY due_at, n LIMIT ${limit} FOR UPDATE SKIP LOCKED
      ) AS first LIMIT ${limit} - (SELECT count(*) FROM due)
    ),
    found AS MATERIALIZED (SELECT ARRAY(SELECT n FROM due) || ARRAY(SELECT n FROM implausible) AS ns),
    taken AS (
      UPDATE jobs SET due_at = (SELECT now FROM clock) + ${LEASE_MS}, attempt = attempt + 1
      WHERE n = ANY ((SELECT ns FROM found)::bigint[])
      RETURNING n, body, attempt, array_position((SELECT ns FROM found), n) AS place
    )
  SELECT n, body, attempt, place FROM taken
  UNION ALL
  SELECT NULL, NULL, NULL, (
    SELECT due_at FROM jobs WHERE due_at > (SELECT now FROM clock) ORDER BY due_at LIMIT 1
  ) - (SELECT now FROM clock) WHERE NOT EXISTS (SELECT FROM taken)`;
