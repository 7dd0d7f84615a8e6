import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../../test/servers/free-port.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';

/** Debian's path; NGINX overrides it. */
const PATH = process.env['NGINX'] ?? '/usr/sbin/nginx';

/** The reason to skip, or false; in CI a missing server fails. */
export const NO_NGINX =
  existsSync(PATH) || process.env['CI']
    ? false
    : `proxies are not tested without ${PATH}: apt-get install nginx, or set NGINX`;

export interface Nginx extends AsyncDisposable {
  readonly origin: string;
}

export interface NginxOptions {
  /** The server behind it. */
  readonly origin: string;
  /** The address of this machine from which it connects to that server. */
  readonly from: string;
  /** Instead of any free port. */
  readonly port?: number;
  /** Directives of its one location. */
  readonly directives: readonly string[];
  /** What stands beside its server: `upstream NAME { ... }`. */
  readonly beside?: string;
}

/** A real nginx in front of another server, on a free port. */
export async function startNginx({ origin, from, port: given, directives, beside = '' }: NginxOptions): Promise<Nginx> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'safelight-nginx-')));
  const port = given ?? (await freePort());
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const file = join(folder.path, 'nginx.conf');
  await writeFile(
    file,
    `daemon off; master_process off; pid ${folder.path}/pid; error_log stderr error;
events { worker_connections 64; }
http {
  access_log off;
  ${kinds.map((kind) => `${kind}_temp_path ${folder.path}/${kind};`).join(' ')}
  ${beside}
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass ${origin};
      proxy_bind ${from};
      ${directives.join('\n      ')}
    }
  }
}
`,
  );
  const child = spawn(PATH, ['-p', folder.path, '-e', 'stderr', '-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const exited = once(child, 'exit');
  stack.defer(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const own = `http://127.0.0.1:${port}`;
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${errors}`);
    return fetch(own, { method: 'HEAD' }).then(
      () => true,
      () => false,
    );
  });
  const held = stack.move();
  return { origin: own, [Symbol.asyncDispose]: () => held.disposeAsync() };
}
