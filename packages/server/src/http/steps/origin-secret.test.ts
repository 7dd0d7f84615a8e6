import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { Hono } from 'hono';
import { parseNetwork } from '../../domain/access/network.ts';
import { AppError } from '../../domain/errors.ts';
import { type HttpEvent, originOf, requestOf } from '../../run/lambda/http-event.ts';
import type { AppEnv } from '../route.ts';
import { forwarding } from './forwarding.ts';

const SECRETS = ['first-secret', 'second-secret'];
const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');
/** CloudFront's and the viewer's. */
const [CDN, VIEWER] = ['192.0.2.10', '203.0.113.9'];

interface Asked {
  readonly secrets?: readonly string[];
  readonly trusted?: readonly string[];
  readonly from?: string;
  readonly headers?: Record<string, string>;
}

/** The client's address of an event, or the code of the refusal. */
async function found({ secrets = SECRETS, trusted = [], from = CDN, headers = {} }: Asked): Promise<string> {
  const proxies = {
    trusted: trusted.flatMap((one) => parseNetwork(one) ?? []),
    headers: 'x-forwarded' as const,
    originSecrets: secrets.map(hashOf),
  };
  const step = forwarding({ publicUrl: 'https://images.example', allowedHosts: [], proxies }, () => undefined);
  const app = new Hono<AppEnv>().all('*', async (c) => {
    try {
      await step(c);
      return c.text(c.get('clientAddress') ?? 'none');
    } catch (error) {
      assert.ok(error instanceof AppError);
      assert.equal(c.get('clientAddress'), from, 'the line in the log names the peer');
      assert.doesNotMatch(error.detail, /secret-|wrong/);
      return c.text(error.code);
    }
  });
  const event: HttpEvent = {
    rawPath: '/images',
    rawQueryString: '',
    headers: { host: 'api.example', ...headers },
    requestContext: { domainName: 'api.example', http: { method: 'GET', sourceIp: from } },
    isBase64Encoded: false,
  };
  return (await app.fetch(requestOf(event), { event: originOf(event) })).text();
}

const withSecret = (secret: string, rest: Record<string, string> = {}) => ({
  headers: { 'x-origin-secret': secret, 'x-forwarded-for': `${VIEWER}, ${CDN}`, ...rest },
});
const REFUSED = 'origin-secret-required';

describe("the origin's secret", () => {
  it('is one of those configured', async () => {
    for (const secret of SECRETS) assert.equal(await found(withSecret(secret)), VIEWER);
    for (const secret of ['wrong', '', 'first-secret ', 'FIRST-SECRET', hashOf(SECRETS[0] ?? '')])
      assert.equal(await found(withSecret(secret)), secret === 'first-secret ' ? VIEWER : REFUSED, secret);
    assert.equal(await found({ headers: { 'x-forwarded-for': `${VIEWER}, ${CDN}` } }), REFUSED);
  });

  it('is not needed if none is configured, and then makes nobody trusted', async () => {
    assert.equal(await found({ secrets: [], ...withSecret('first-secret') }), CDN);
  });

  it('has at most 256 characters', async () => {
    const [longest, longer] = ['x'.repeat(256), 'x'.repeat(257)];
    assert.equal(await found({ secrets: [longest], ...withSecret(longest) }), VIEWER);
    assert.equal(await found({ secrets: [longer], ...withSecret(longer) }), REFUSED);
  });

  it('is needed of trusted proxies too', async () => {
    assert.equal(await found({ trusted: ['192.0.2.0/24'] }), REFUSED);
  });

  it('makes the peer a trusted proxy, which a gateway names twice, or once', async () => {
    assert.equal(await found(withSecret('first-secret', { 'x-forwarded-for': VIEWER })), VIEWER);
    // Another one with this address came through it as a viewer.
    assert.equal(await found(withSecret('first-secret', { 'x-forwarded-for': `${VIEWER}, ${CDN}, ${CDN}` })), CDN);
    assert.equal(await found(withSecret('first-secret', { 'x-forwarded-for': '' })), CDN);
  });

  it("doesn't make what the viewer wrote count", async () => {
    for (const written of ['198.51.100.1', CDN, `198.51.100.1, ${CDN}`, 'unknown'])
      assert.equal(
        await found(withSecret('first-secret', { 'x-forwarded-for': `${written}, ${VIEWER}, ${CDN}` })),
        VIEWER,
      );
  });

  it('goes with listed proxies between', async () => {
    const chain = `${VIEWER}, 10.0.0.7, ${CDN}`;
    const asked = withSecret('first-secret', { 'x-forwarded-for': chain });
    assert.equal(await found({ trusted: ['10.0.0.0/8'], ...asked }), VIEWER);
    assert.equal(await found(asked), '10.0.0.7');
  });
});
