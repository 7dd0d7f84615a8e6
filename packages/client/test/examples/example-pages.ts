import { once } from 'node:events';
import { join } from 'node:path';
import { spawnProgram, untilPrinted } from '../../../server/test/services/running-service.ts';

const ROOT = join(import.meta.dirname, '../../../..');

/** The folder `examples/`, as `npm run examples` serves it, on a free port. */
export interface ExamplePages extends AsyncDisposable {
  /** With a slash at its end. */
  readonly url: string;
}

/** The pages use this service. */
export async function serveExamples(service: string): Promise<ExamplePages> {
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
  const config = join(ROOT, 'examples/vite.config.ts');
  // By the name of the pages: another one would be another site, whose pictures a service without AUTH doesn't show.
  const environment = { VITE_SAFELIGHT_URL: service.replace('127.0.0.1', 'localhost'), NO_COLOR: '1' };
  const spawned = spawnProgram(ROOT, environment, [
    process.execPath,
    vite,
    ...['--config', config, '--host', 'localhost', '--port', '0'],
  ]);
  const [, url = ''] = await untilPrinted(spawned, /Local: +(http\S+)/);
  return {
    url,
    async [Symbol.asyncDispose]() {
      spawned.child.kill();
      if (spawned.child.exitCode === null) await once(spawned.child, 'exit');
    },
  };
}
