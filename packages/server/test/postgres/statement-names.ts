import type { CallName } from '../faults/injection.ts';

/** `UPDATE images`, `SELECT advisory_xact_lock`, `BEGIN READ COMMITTED`, `COMMIT`. */
export function nameOf(sql: string): string {
  const text = sql.replaceAll(/\s+/g, ' ').trim();
  if (/^(?:COMMIT|ROLLBACK)$/.test(text)) return text;
  for (const form of FORMS) {
    const [, verb, object] = form.exec(text) ?? [];
    if (verb !== undefined) return `${verb} ${object}`;
  }
  return text;
}

/** The first that matches counts. Names of ours are in lower case: `FOR UPDATE SKIP LOCKED` names no table. */
const FORMS: readonly RegExp[] = [
  /^(BEGIN) ISOLATION LEVEL (\w+ \w+)/,
  /^(CREATE (?:UNIQUE )?\w+|ALTER \w+) ([a-z_]+)/,
  /\b(INSERT INTO|UPDATE|DELETE FROM) ([a-z_]+)/,
  /^(SELECT) pg_(advisory_xact_lock|notify)\b/,
  /^(SELECT) .*?\bFROM ([a-z_]+)/,
  /^(\w+) (.{1,40})/,
];

const WRITES = /^(?:INSERT INTO|UPDATE|DELETE FROM|CREATE (?:UNIQUE )?\w+|ALTER \w+) /;

export const isWrite = (name: string): boolean => WRITES.test(name);

export const tableOf = (name: string): string => name.replace(WRITES, '');

/** Those of many tables are migrations. */
const MOST_NAMED = 10;

export const commitOf = (verb: string, tables: readonly string[]): CallName =>
  `${verb} ${tables.length > MOST_NAMED ? 'many tables' : tables.toSorted().join('+')}`;
