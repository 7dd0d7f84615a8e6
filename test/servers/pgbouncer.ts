import { existsSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { isInstalled } from './installed.ts';
import { accepts, asItsUser, type PostgresEndpoint } from './postgres.ts';
import type { Programs } from './programs.ts';
import { startInFolder } from './start-in-folder.ts';

export interface Pgbouncer extends AsyncDisposable {
  /** Every database of the server behind it. */
  readonly postgres: PostgresEndpoint;
}

export interface PgbouncerOptions {
  readonly poolMode?: 'session' | 'transaction';
  /** The most connections to each database behind it. */
  readonly connections?: number;
  /** Settings of sessions that it takes, without passing them on; it refuses others. */
  readonly ignores?: readonly string[];
}

/** A tenth of a second on an idle machine; this allows for a busy one. */
const DEADLINE_MS = 60_000;
/** Debian's; its folder isn't on every user's PATH. */
const DEBIAN = '/usr/sbin/pgbouncer';
const REMEDY = 'apt-get install pgbouncer util-linux';

/** The reason to skip, or false; in CI a missing PgBouncer is a failure. */
export const NO_PGBOUNCER =
  ((existsSync(DEBIAN) || isInstalled('pgbouncer')) && isInstalled('setpriv')) || process.env['CI']
    ? false
    : `PostgreSQL behind PgBouncer is not tested without it: ${REMEDY}`;

/** PgBouncer on a free loopback port, before `behind`. */
export async function startPgbouncer(
  behind: PostgresEndpoint,
  { poolMode = 'transaction', connections = 3, ignores = [] }: PgbouncerOptions = {},
): Promise<Pgbouncer> {
  const port = await freePort();
  const { hostname, port: portBehind, username } = new URL(behind.url);
  const settings = [
    '[databases]',
    `* = host=${hostname} port=${portBehind} user=${username}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = any',
    `pool_mode = ${poolMode}`,
    `default_pool_size = ${connections}`,
    'max_client_conn = 300',
    `ignore_startup_parameters = ${ignores}`,
  ];
  const url = `postgres://${username}@127.0.0.1:${port}`;
  const { stop } = await startInFolder({
    name: 'PgBouncer',
    deadlineMs: DEADLINE_MS,
    async start(programs: Programs, folder) {
      await chmod(folder, 0o755); // its user reads there
      const file = join(folder, 'pgbouncer.conf');
      await writeFile(file, settings.join('\n'));
      programs.start(asItsUser([existsSync(DEBIAN) ? DEBIAN : 'pgbouncer', file]));
      await programs.until(() => accepts(url));
    },
  });
  return {
    postgres: { url },
    async [Symbol.asyncDispose]() {
      await stop('passed');
    },
  };
}
