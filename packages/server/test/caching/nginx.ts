import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../../../test/servers/free-port.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { fakeTimeIn, NO_FAKE_TIME } from '../services/fake-time.ts';
import { spawnProgram, untilPrinted } from '../services/running-service.ts';

/** Debian's path. */
const PATH = '/usr/sbin/nginx';

/** The reason to skip, or false; in CI a missing nginx fails. */
export const NO_NGINX =
  existsSync(PATH) || process.env['CI'] ? NO_FAKE_TIME : `caches are not tested without ${PATH}: apt-get install nginx`;

/** Its messages on the stream whose data `untilPrinted` waits for. */
const TO_STDOUT = 'exec "$0" -e stderr -c "$1" 2>&1';

/** A real nginx on a free port. */
export interface Nginx extends AsyncDisposable {
  /** From now on its clock is this much ahead. */
  advance(seconds: number): Promise<void>;
}

/** Where a configuration finds its parts. */
export interface Places {
  /** For its cache and its logs. */
  readonly folder: string;
  /** `127.0.0.1:port`: where it listens. */
  readonly address: string;
}

export async function reservePlaces(): Promise<Places & AsyncDisposable> {
  const { path: folder, [Symbol.asyncDispose]: remove } = await temporaryFolder();
  return { folder, address: `127.0.0.1:${await freePort()}`, [Symbol.asyncDispose]: remove };
}

/** `http`: the content of the http block. */
export async function startNginx({ folder }: Places, http: string): Promise<Nginx> {
  const time = join(folder, 'time');
  const environment = fakeTimeIn(time);
  const configuration = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `  ${name}_temp_path ${join(folder, name)};`,
  );
  await mkdir(join(folder, 'log'));
  await writeFile(time, '+0');
  await writeFile(
    configuration,
    [
      ...(process.getuid?.() === 0 ? ['user root;'] : []), // the folder is ours only
      'daemon off;',
      `pid ${join(folder, 'pid')};`,
      'error_log stderr notice;',
      ...Object.keys(environment).map((name) => `env ${name};`), // nginx hides others from its workers
      'events {}',
      'http {',
      ...temporary,
      http,
      '}',
    ].join('\n'),
  );
  const spawned = spawnProgram(folder, environment, ['sh', '-c', TO_STDOUT, PATH, configuration]);
  await untilPrinted(spawned, /start worker process \d/);
  return {
    advance: (seconds) => writeFile(time, `+${seconds}`),
    async [Symbol.asyncDispose]() {
      spawned.child.kill('SIGTERM');
      await spawned.ended;
    },
  };
}
