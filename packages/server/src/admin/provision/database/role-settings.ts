import { AppError } from '../../../domain/errors.ts';
import { codeOf, INSUFFICIENT_PRIVILEGE } from '../../../records/postgres/postgres-error.ts';
import { type DatabaseAspect, quoted } from './database-target.ts';

/**
 * What each session of the service starts with, also behind PgBouncer in transaction mode, which refuses the settings
 * that `openPostgres` makes otherwise. A wait for a row ends before a client gives up.
 */
const SETTINGS = {
  statement_timeout: '30s',
  lock_timeout: '10s',
  idle_in_transaction_session_timeout: '2min',
  default_transaction_isolation: 'read committed',
} as const;

export const ROLE_SETTINGS: DatabaseAspect = {
  name: 'settings of the role',
  async check({ postgres, role: given }) {
    const [row = []] = await postgres.rows('SELECT current_database()::text, current_user::text');
    const [database, owner] = row.map(String);
    const role = given ?? String(owner);
    const found = await postgres.rows(
      `SELECT unnest(s.setconfig) FROM pg_db_role_setting s
        JOIN pg_roles r ON r.oid = s.setrole JOIN pg_database d ON d.oid = s.setdatabase
        WHERE r.rolname = $1 AND d.datname = current_database()`,
      [role],
    );
    const is = new Map(found.map(([setting]) => String(setting).split(/=(.*)/s) as [string, string]));
    const wrong = Object.entries(SETTINGS).filter(([name, value]) => is.get(name) !== value);
    const statements = wrong.map(
      ([name, value]) => `ALTER ROLE ${quoted(role)} IN DATABASE ${quoted(String(database))} SET ${name} = '${value}'`,
    );
    return {
      kind: 'compared',
      difference: wrong.map(([name, value]) => `${name}: ${is.get(name) ?? 'none'} -> ${value}`),
      except: [],
      async apply() {
        try {
          for (const statement of statements) await postgres.change(statement);
        } catch (error) {
          if (codeOf(error) !== INSUFFICIENT_PRIVILEGE) throw error;
          const detail = `expected a role that may change the role ${role}; got ${owner}: run these as a superuser, and this command again\n${statements.map((one) => `${one};`).join('\n')}`;
          throw new AppError('unavailable', detail, { cause: error });
        }
      },
    };
  },
};
