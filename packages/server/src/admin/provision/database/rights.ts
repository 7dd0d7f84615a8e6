import { TABLE_RIGHTS, tablesIn, tablesWithoutRights, VERSION_TABLE } from '../../../records/postgres/rights.ts';
import { MIGRATIONS } from '../../../records/postgres/schema.ts';
import { type DatabaseAspect, quoted } from './database-target.ts';

/** With it a role may vacuum the tables, as the deletion of a user does at its end. */
const MAINTAIN = { right: 'MAINTAIN', since: 170_000 } as const;

/** For a role that doesn't own the tables: it reads and writes rows, and can't change tables. */
export const RIGHTS: DatabaseAspect = {
  name: 'rights',
  async check({ postgres, role }) {
    if (role === null) return { kind: 'left-out', why: 'the service has the role that owns the tables' };
    const [row = []] = await postgres.rows(
      `SELECT current_database()::text, current_schema()::text,
        has_database_privilege($1::name, current_database(), 'CONNECT'),
        has_schema_privilege($1::name, current_schema(), 'USAGE'),
        has_table_privilege($1::name, to_regclass($2), 'SELECT'), current_setting('server_version_num')::integer`,
      [role, VERSION_TABLE],
    );
    const [database, schema, connects, uses, readsVersion, serverVersion] = row;
    const rights = Number(serverVersion) >= MAINTAIN.since ? [...TABLE_RIGHTS, MAINTAIN.right] : TABLE_RIGHTS;
    const tables = await tablesWithoutRights(postgres, role, tablesIn(MIGRATIONS), rights);
    const grants = [
      ...(connects === true ? [] : [{ right: 'CONNECT', on: `DATABASE ${quoted(String(database))}` }]),
      ...(uses === true ? [] : [{ right: 'USAGE', on: `SCHEMA ${quoted(String(schema))}` }]),
      ...(readsVersion === true ? [] : [{ right: 'SELECT', on: `TABLE ${VERSION_TABLE}` }]),
      ...tables.map((table) => ({ right: rights.join(', '), on: `TABLE ${table}` })),
    ];
    return {
      kind: 'compared',
      difference: grants.map(({ right, on }) => `none -> ${right} on ${on}`),
      except: [],
      apply: () =>
        postgres.transaction(async (transaction) => {
          for (const { right, on } of grants) transaction.send(`GRANT ${right} ON ${on} TO ${quoted(role)}`);
        }),
    };
  },
};
