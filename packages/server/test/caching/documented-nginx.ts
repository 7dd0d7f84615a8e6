import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Places } from './nginx.ts';

const PAGE = await readFile(join(import.meta.dirname, '../../../../docs/caching.md'), 'utf8');

const [SAMPLE = ''] = [...PAGE.matchAll(/^```nginx\n(.*?)^```$/gms)].map(([, block]) => block);

/** The command that purges nginx, for a shell with `IMAGE_ID`. */
const [PURGE = ''] = /^grep .*$/m.exec(PAGE) ?? [];

const CACHE_FOLDER = '/var/cache/nginx/safelight';

/** nginx waits 5 s for the answer to another viewer by default. Beside other tests that may be too short. */
const LOCK = 'proxy_cache_lock on;';

/** The configuration of docs/caching.md, in other places, without TLS, and with patience. */
export function documentedNginx({ folder, address }: Places, upstream: string): string {
  const changes: readonly (readonly [from: string | RegExp, to: string])[] = [
    [CACHE_FOLDER, join(folder, 'cache')],
    ['/var/log/nginx/safelight-access.log', join(folder, 'log/access.log')],
    ['/var/log/nginx/safelight-error.log', join(folder, 'log/error.log')],
    ['127.0.0.1:8000', upstream],
    [LOCK, `${LOCK} proxy_cache_lock_timeout 2m; proxy_cache_lock_age 2m;`],
    ['listen 443 ssl;', `listen ${address};`],
    [/^ *ssl_certificate .*\n/m, ''],
    [/^ *ssl_certificate_key .*\n/m, ''],
  ];
  return changes.reduce((configuration, [from, to]) => {
    const changed = configuration.replace(from, to);
    assert.notEqual(changed, configuration, `expected ${from} in the configuration of docs/caching.md`);
    return changed;
  }, SAMPLE);
}

/** The documented purge, with this folder as its cache. */
export function documentedPurge({ folder }: Pick<Places, 'folder'>): string {
  assert.ok(PURGE.includes(CACHE_FOLDER), 'expected a grep through the cache in docs/caching.md');
  return PURGE.replace(CACHE_FOLDER, join(folder, 'cache'));
}
