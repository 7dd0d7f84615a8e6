import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const START = join(import.meta.dirname, '../../packages/server/src/bin/start.js');

interface OwnService extends AsyncDisposable {
  readonly origin: string;
}

/** `npm start` with these settings alone, on a free port and a temporary folder. */
export async function startOwnService(settings: Readonly<Record<string, string>>): Promise<OwnService> {
  const folder = await mkdtemp(join(tmpdir(), 'safelight-acceptance-'));
  const service = spawn(process.execPath, [START], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, PORT: '0', DATA_DIR: join(folder, 'data'), ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: service.stdout })) {
    const [, origin] = /listens on (\S+)/.exec(line) ?? [];
    if (origin === undefined) continue;
    service.stdout.resume(); // the service would wait for a full pipe
    return {
      origin,
      async [Symbol.asyncDispose]() {
        const exited = once(service, 'exit');
        if (service.kill()) await exited;
        await rm(folder, { recursive: true, force: true });
      },
    };
  }
  throw new Error(`expected a service that listens; got exit code ${service.exitCode}`);
}
