import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';

/** Counts the rows that a program has written, by what follows FROM in SQL. */
export type CountRows = (from: string) => Promise<number>;

/** In the records of a service or a floor on a folder. */
export const rowsInFolder =
  (folder: string): CountRows =>
  async (from) => {
    using database = new DatabaseSync(join(folder, 'data/safelight.db'), { readOnly: true });
    return Number(database.prepare(`SELECT count(*) AS counted FROM ${from}`).get()?.['counted']);
  };

export const rowsInPostgres =
  (connectionString: string): CountRows =>
  async (from) => {
    const client = new pg.Client({ connectionString });
    await client.connect();
    try {
      const { rows } = await client.query(`SELECT count(*) AS counted FROM ${from}`);
      return Number(rows[0]?.counted);
    } finally {
      await client.end();
    }
  };
