import { EventEmitter, once } from 'node:events';
import type { Postgres } from '../../records/postgres/database.ts';

/** A database that tells which statements it has answered. */
export interface AnsweredStatements {
  readonly postgres: Postgres;
  /** How many answered statements contain this text. */
  count(text: string): number;
  /** Resolves when so many are answered. */
  until(text: string, count: number): Promise<void>;
  /** Calls `then` once, between the server's next answer to such a statement and its caller. */
  beforeNext(text: string, then: () => unknown): void;
}

export function tellAnswered(postgres: Postgres): AnsweredStatements {
  const answered: string[] = [];
  const told = new EventEmitter();
  let waiting: { readonly text: string; readonly then: () => unknown } | undefined;
  const tell = async <T>(sql: string, result: Promise<T>): Promise<T> => {
    const value = await result;
    if (waiting && sql.includes(waiting.text)) {
      const { then } = waiting;
      waiting = undefined;
      await then();
    }
    answered.push(sql);
    told.emit('answered');
    return value;
  };
  const count = (text: string) => answered.filter((sql) => sql.includes(text)).length;
  return {
    postgres: {
      ...postgres,
      rows: (sql, parameters) => tell(sql, postgres.rows(sql, parameters)),
      change: (sql, parameters) => tell(sql, postgres.change(sql, parameters)),
    },
    count,
    async until(text, least) {
      while (count(text) < least) await once(told, 'answered');
    },
    beforeNext(text, then) {
      waiting = { text, then };
    },
  };
}
