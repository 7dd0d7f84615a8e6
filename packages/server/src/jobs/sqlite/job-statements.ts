const HELD = 'n = ? AND attempt = ?';

/** Each statement touches only the rows that it concerns. */
export const STATEMENTS = {
  send: 'INSERT INTO jobs (body, due_at, attempt) VALUES (?, ?, 0)',
  due: 'SELECT n, body, attempt FROM jobs WHERE due_at > ? AND due_at <= ? ORDER BY due_at, n LIMIT ?',
  nextDue: 'SELECT due_at FROM jobs WHERE due_at > ? ORDER BY due_at LIMIT 1',
  handOut: `UPDATE jobs SET due_at = ?, attempt = attempt + 1 WHERE ${HELD}`,
  postpone: `UPDATE jobs SET due_at = ? WHERE ${HELD}`,
  remove: `DELETE FROM jobs WHERE ${HELD}`,
  bury: `INSERT INTO dead_letters (died_at, reason, n, body) SELECT ?, ?, n, body FROM jobs WHERE ${HELD}`,
  countDead: 'SELECT COUNT(*) FROM dead_letters WHERE died_at >= ?',
  forget: `DELETE FROM dead_letters WHERE (died_at, n) IN
    (SELECT died_at, n FROM dead_letters WHERE died_at < ? ORDER BY died_at LIMIT ?)`,
} as const;
