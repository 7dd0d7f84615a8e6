import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { type RunningService, startService } from '../services/running-service.ts';
import { ask, clientAddressOf } from './forwarded-requests.ts';

const [OLD, NEW] = ['5e'.repeat(32), 'c4'.repeat(32)];
const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');
/** The addresses of the CDN, and of a viewer behind it. */
const [CDN, VIEWER] = ['127.0.0.1', '203.0.113.9'];

describe('a service behind a CDN that shows itself by a secret', () => {
  let service: RunningService;
  before(async () => {
    service = await startService({
      ALLOW_OPEN: 'true',
      ORIGIN_SECRET_SHA256: `${hashOf(OLD)},${hashOf(NEW)}`,
      PROXY_HEADERS: 'x-forwarded',
      LOG_LEVEL: 'debug',
      LOG_FORMAT: 'json',
    });
  });
  after(() => service[Symbol.asyncDispose]());

  const through = (path: string, secret: string | string[], method = 'GET') =>
    ask(service.origin, { path, method, from: CDN, headers: { 'X-Origin-Secret': secret, 'X-Forwarded-For': VIEWER } });

  const PATHS = [
    '/',
    '/health',
    '/livez',
    '/readyz',
    '/docs',
    '/openapi.json',
    '/images',
    '/nowhere',
    '/objects/safelight/incoming/u/x',
  ];

  for (const path of PATHS) {
    it(`answers nothing around the CDN: ${path}`, async () => {
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const { status, body } = await ask(service.origin, { path, method, from: CDN });
        assert.equal(status, 403, `${method}: ${body}`);
        assert.match(body, /"code":"origin-secret-required"/);
      }
    });
  }

  it('answers through the CDN, with the old secret and the new one', async () => {
    for (const secret of [OLD, NEW])
      for (const path of ['/health', '/readyz', '/docs', '/images'])
        assert.equal((await through(path, secret)).status, 200, path);
    const { requestId } = await through('/images', NEW);
    assert.equal(await clientAddressOf(service, requestId), VIEWER);
  });

  it('takes no other secret: a hash, a part, two at once, a long one', async () => {
    for (const secret of [
      hashOf(OLD),
      OLD.slice(1),
      `${OLD}${OLD}`,
      `${OLD}, ${NEW}`,
      [OLD, NEW],
      [OLD, OLD],
      'x'.repeat(10_000),
    ])
      assert.equal((await through('/images', secret)).status, 403, String(secret).slice(0, 80));
  });

  it('names no secret in its log', async () => {
    const { requestId } = await through('/nowhere', 'guessed-secret');
    await until(async () => service.output().includes(requestId));
    assert.doesNotMatch(service.output(), new RegExp(`${OLD}|${NEW}|guessed-secret`));
  });
});
