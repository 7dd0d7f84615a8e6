import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spawnProgram, untilPrinted } from '../services/running-service.ts';
import type { Nginx, Places } from './nginx.ts';

/** Debian's path. */
const PATH = '/usr/bin/caddy';

/** The reason to skip, or false; in CI a missing Caddy fails. */
export const NO_CADDY =
  existsSync(PATH) || process.env['CI'] ? false : `Caddy is not tested without ${PATH}: apt-get install caddy`;

/** Its messages on the stream whose data `untilPrinted` waits for. */
const TO_STDOUT = 'exec "$0" run --config "$1" --adapter caddyfile 2>&1';

const SAMPLE = await readFile(join(import.meta.dirname, '../../../../deploy/Caddyfile'), 'utf8');

/** The configuration of deploy/Caddyfile, in other places and without TLS. */
export function documentedCaddy({ address }: Places, upstream: string): string {
  const changes: readonly (readonly [from: string, to: string])[] = [
    ['{$SITE:images.example.org} {', `http://${address} {`],
    ['{$SERVICE:127.0.0.1:8000}', upstream],
  ];
  return changes.reduce((configuration, [from, to]) => {
    const changed = configuration.replace(from, to);
    assert.notEqual(changed, configuration, `expected ${from} in deploy/Caddyfile`);
    return changed;
  }, SAMPLE);
}

export interface Caddy extends Nginx {
  /** Its log so far. */
  output(): string;
}

/** A real Caddy, which has no cache. */
export async function startCaddy({ folder }: Places, sites: string): Promise<Caddy> {
  const file = join(folder, 'Caddyfile');
  await writeFile(file, `{\n\tadmin off\n\tauto_https off\n}\n${sites}`);
  const environment = { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  const spawned = spawnProgram(folder, environment, ['sh', '-c', TO_STDOUT, PATH, file]);
  await untilPrinted(spawned, /serving initial configuration/);
  return {
    output: spawned.output,
    advance: async () => assert.fail('expected a cache; got none'),
    async [Symbol.asyncDispose]() {
      spawned.child.kill('SIGKILL'); // on SIGTERM it waits for its clients' idle connections
      await spawned.ended;
    },
  };
}
