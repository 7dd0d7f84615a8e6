import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import type { AppInfo, Oidc } from '../app-info.ts';
import { remember } from '../tab-memory.ts';
import { finishSignIn } from './oidc.ts';

const PENDING = { verifier: 'v'.repeat(43), state: 's'.repeat(43), nonce: 'n'.repeat(43), returnTo: '' };
/** Seconds since 1970. */
const NOW = Math.floor(Date.now() / 1_000);
const INFO = { clockSkewSeconds: 0 } as AppInfo;

/** An issuer over real HTTP. `configuration` adds to its own. */
async function startIssuer(
  configuration: (url: string) => Readonly<Record<string, string>>,
  { refresh, onRevocation = 'answers' }: { refresh?: string; onRevocation?: 'answers' | 'breaks off' | 'hangs' } = {},
) {
  const revocations: Readonly<Record<string, string>>[] = [];
  const server = createServer(async (request, response) => {
    const send = (value: object) => response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
    if (request.url === '/.well-known/openid-configuration')
      return send({ issuer: url, token_endpoint: `${url}/token`, ...configuration(url) });
    const body = new URLSearchParams(await text(request));
    if (request.url === '/token')
      return send({ access_token: 'access', token_type: 'bearer', id_token: idToken(url), refresh_token: refresh });
    revocations.push(Object.fromEntries(body));
    if (onRevocation === 'breaks off') request.destroy();
    if (onRevocation === 'answers') response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    revocations,
    async signIn() {
      remember('sign-in', JSON.stringify(PENDING));
      const oidc: Oidc = {
        issuer: url,
        client_id: 'gallery',
        scopes: 'openid',
        resource: null,
        redirect_uri: 'https://photos.example/signed-in',
      };
      return finishSignIn(INFO, oidc, new URLSearchParams({ code: 'code', state: PENDING.state }));
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** Its signature isn't read: it came from the issuer itself (OpenID Connect Core 3.1.3.7). */
function idToken(iss: string): string {
  const claims = { iss, aud: 'gallery', sub: 'ada', nonce: PENDING.nonce, iat: NOW, exp: NOW + 300 };
  return [{ alg: 'RS256' }, claims, 'signature']
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
}

const revocable = (url: string) => ({ revocation_endpoint: `${url}/revoke` });

describe('the end of a sign-in at an issuer', () => {
  it('revokes the refresh token, forgets both tokens, and leads to the issuer’s page', async () => {
    const pageOf = (url: string) => ({ ...revocable(url), end_session_endpoint: `${url}/end?tenant=one` });
    await using issuer = await startIssuer(pageOf, { refresh: 'refresh' });
    const credential = await issuer.signIn();
    assert.equal(credential.token(), 'access');
    const page = new URL((await credential.end()) ?? '');
    assert.deepEqual(issuer.revocations, [{ token: 'refresh', client_id: 'gallery' }]);
    assert.deepEqual([credential.token(), await credential.renew()], ['', false]);
    assert.equal(page.origin + page.pathname, `${issuer.url}/end`);
    assert.deepEqual(Object.fromEntries(page.searchParams), {
      tenant: 'one',
      client_id: 'gallery',
      post_logout_redirect_uri: 'https://photos.example/',
      id_token_hint: idToken(issuer.url),
    });
  });

  it('revokes the access token if there is no other', async () => {
    await using issuer = await startIssuer(revocable);
    const credential = await issuer.signIn();
    assert.equal(await credential.end(), undefined);
    assert.deepEqual(issuer.revocations, [{ token: 'access', client_id: 'gallery' }]);
  });

  it('forgets the tokens before the issuer has answered', async () => {
    await using issuer = await startIssuer(revocable, { refresh: 'refresh' });
    const credential = await issuer.signIn();
    const ending = credential.end();
    assert.deepEqual([credential.token(), await credential.renew()], ['', false]);
    await ending;
  });

  it('needs no answer of the issuer, and waits three seconds at most', async (t) => {
    for (const onRevocation of ['breaks off', 'hangs'] as const) {
      await using issuer = await startIssuer(revocable, { onRevocation });
      const credential = await issuer.signIn();
      const timeout = AbortSignal.timeout.bind(AbortSignal);
      const limits: number[] = [];
      const shortened = t.mock.method(AbortSignal, 'timeout', (ms: number) => {
        limits.push(ms);
        return timeout(ms / 10);
      });
      assert.equal(await credential.end(), undefined);
      shortened.mock.restore();
      assert.equal(Math.min(...limits), 3_000);
      assert.equal(credential.token(), '');
    }
  });

  for (const page of ['javascript:alert(1)', 'data:text/html,', 'ftp://issuer.example/', 'end'])
    it(`doesn't lead to ${page}`, async () => {
      await using issuer = await startIssuer(() => ({ end_session_endpoint: page }));
      const credential = await issuer.signIn();
      assert.equal(await credential.end(), undefined);
    });
});
