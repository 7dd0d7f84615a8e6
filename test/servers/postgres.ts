import { existsSync, readdirSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import pg from 'pg';
import { freePort } from './free-port.ts';
import { isInstalled } from './installed.ts';
import { createPrograms, type Programs } from './programs.ts';
import { startInFolder } from './start-in-folder.ts';

export interface PostgresEndpoint {
  /** That of the superuser, without a database at its end. */
  readonly url: string;
}

export interface PostgresServer extends AsyncDisposable {
  readonly postgres: PostgresEndpoint;
  /** The folder of its files. */
  readonly folder: string;
  /** Ends it at once, as `pg_ctl stop -m immediate` does: it recovers from its log at the next start. */
  kill(): Promise<void>;
  /** Starts it again, on the same port. */
  restart(): Promise<void>;
  halt(): void;
  goOn(): void;
  stop(outcome: 'passed' | 'failed'): Promise<string | undefined>;
}

/** A second on an idle machine; this allows for a busy one. */
const DEADLINE_MS = 120_000;
const DEBIAN = '/usr/lib/postgresql';

/** The folders of Debian's versions, the newest first: they aren't on the PATH. */
const debianFolders = (): readonly string[] =>
  readdirSync(DEBIAN)
    .toSorted((one, other) => Number(other) - Number(one))
    .map((version) => join(DEBIAN, version, 'bin'));

/** The folder of the programs: one of the PATH, so that a run may choose the version, or else Debian's newest. */
const PROGRAMS = [...(process.env['PATH'] ?? '').split(delimiter), ...(existsSync(DEBIAN) ? debianFolders() : [])].find(
  (folder) => existsSync(join(folder, 'postgres')),
);

const REMEDY = 'apt-get install postgresql util-linux';

/** The reason to skip, or false; in CI a missing PostgreSQL is a failure. */
export const NO_POSTGRES =
  (PROGRAMS !== undefined && isInstalled('setpriv')) || process.env['CI']
    ? false
    : `Records in PostgreSQL are not tested without it: ${REMEDY}`;

/** Root may not run the server: as root it runs as Debian's user `postgres`. */
export const asItsUser = (command: readonly string[]): readonly string[] =>
  process.getuid?.() === 0
    ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', '--pdeathsig=KILL', '--', ...command]
    : command;

/** PostgreSQL on a free loopback port, with files of its own, and as durable as it is by default. */
export async function startPostgres({
  settings = [],
}: {
  readonly settings?: readonly string[];
} = {}): Promise<PostgresServer> {
  if (PROGRAMS === undefined) throw new Error(`expected PostgreSQL; got none: ${REMEDY}`);
  const program = (name: string): string => join(PROGRAMS, name);
  const port = await freePort();
  const url = `postgres://safelight@127.0.0.1:${port}`;
  const { folder, stop } = await startInFolder({
    name: 'PostgreSQL',
    deadlineMs: DEADLINE_MS,
    start: async (running: Programs, at) => {
      await chmod(at, 0o777); // the server's user writes there
      const data = join(at, 'data');
      await running.run(
        asItsUser([program('initdb'), '-D', data, '-U', 'safelight', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N']),
      );
      await writeFile(join(at, 'settings.conf'), [...SETTINGS, ...settings].join('\n'));
      await running.run(asItsUser(['sh', '-c', `echo "include '../settings.conf'" >> '${data}/postgresql.conf'`]));
    },
  });
  let programs = createPrograms(folder, AbortSignal.timeout(DEADLINE_MS));
  const command = asItsUser([program('postgres'), '-D', join(folder, 'data'), '-p', `${port}`, '-k', folder]);
  const start = async (): Promise<void> => {
    programs = createPrograms(folder, AbortSignal.timeout(DEADLINE_MS));
    programs.start(command);
    await programs.until(() => accepts(url));
  };
  const kill = async (): Promise<void> => {
    programs.kill();
    await programs.ended();
  };
  await start();
  const stopped = async (outcome: 'passed' | 'failed'): Promise<string | undefined> => {
    await kill();
    return stop(outcome);
  };
  return {
    postgres: { url },
    folder,
    kill,
    restart: start,
    halt: () => programs.halt(),
    goOn: () => programs.goOn(),
    stop: stopped,
    async [Symbol.asyncDispose]() {
      await stopped('passed');
    },
  };
}

const SETTINGS = [
  "listen_addresses = '127.0.0.1'",
  'max_connections = 300',
  'shared_buffers = 128MB',
  "log_min_error_statement = 'panic'",
  'logging_collector = off',
];

/** Whether a server, or a pooler before it, takes connections. */
export async function accepts(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: `${url}/postgres` });
  client.on('error', () => undefined); // connect() says so
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end();
  }
}
