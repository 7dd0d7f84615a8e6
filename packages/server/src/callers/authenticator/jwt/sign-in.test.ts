import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServiceEvent } from '../../../observe/observer/observer.ts';
import { outcomesOf } from '../../../observe/observer/outcomes.fixture.ts';
import { createWatches } from '../../../observe/observer/store-calls.ts';
import { NO_TRACING } from '../../../observe/observer/tracing.ts';
import { startIssuer } from './local-issuer.fixture.ts';
import { createSignIn } from './sign-in.ts';

const HOUR_MS = 3_600_000;

async function create() {
  const issuer = await startIssuer();
  let nowMs = 0;
  const warnings: string[] = [];
  const calls: ServiceEvent[] = [];
  const clock = { elapsedMs: () => nowMs };
  const signIn = createSignIn({
    issuer: issuer.url,
    clientId: 'gallery',
    scopes: 'openid',
    resource: null,
    clock,
    tracing: NO_TRACING,
    watch: createWatches({ clock, observe: (event) => calls.push(event) })('issuer'),
    warn: (sentence) => warnings.push(sentence),
  });
  return {
    issuer,
    signIn,
    warnings,
    calls,
    advance: (byMs: number) => {
      nowMs += byMs;
    },
    [Symbol.asyncDispose]: () => issuer[Symbol.asyncDispose](),
  };
}

describe('the origins of sign-in', () => {
  it('are those that the page calls, asked for once in an hour, by all pages together', async () => {
    await using made = await create();
    const { issuer, signIn } = made;
    issuer.configuration = {
      token_endpoint: 'https://tokens.example.org/token?a=b',
      revocation_endpoint: `${issuer.url}/revoke`,
      authorization_endpoint: 'https://visited.example.org/authorize',
    };
    const expected = [issuer.url, 'https://tokens.example.org'];
    assert.deepEqual(await Promise.all([signIn.origins(), signIn.origins()]), [expected, expected]);
    made.advance(HOUR_MS - 1);
    await signIn.origins();
    assert.equal(issuer.requests.length, 1);
    made.advance(1);
    await signIn.origins();
    assert.equal(issuer.requests.length, 2);
  });

  it('are https, or of this machine if the issuer is', async () => {
    await using made = await create();
    const { issuer, signIn } = made;
    for (const [index, url] of [
      'javascript:alert(1)',
      'http://tokens.example.org',
      'data:,',
      'tokens',
      7,
      {},
    ].entries()) {
      issuer.configuration = { token_endpoint: url };
      if (index > 0) made.advance(HOUR_MS);
      assert.deepEqual(await signIn.origins(), [issuer.url], String(url));
    }
  });

  for (const behavior of ['fails', 'redirects', 'floods', 'hangs'] as const) {
    it(`are the issuer's while it ${behavior}, with one attempt in half a minute, and then the new ones`, async () => {
      await using made = await create();
      const { issuer, signIn, warnings, calls } = made;
      issuer.configuration = { token_endpoint: 'https://tokens.example.org/token' };
      issuer.behavior = behavior;
      assert.deepEqual(await signIn.origins(), [issuer.url]);
      assert.deepEqual(await signIn.origins(), [issuer.url]);
      assert.deepEqual([issuer.requests.length, warnings.length], [1, 1]);
      issuer.behavior = 'answers';
      made.advance(30_000);
      assert.deepEqual(await signIn.origins(), [issuer.url, 'https://tokens.example.org']);
      issuer.behavior = 'closes';
      made.advance(HOUR_MS);
      assert.deepEqual(await signIn.origins(), [issuer.url, 'https://tokens.example.org'], 'as known before');
      assert.deepEqual(outcomesOf(calls), ['discoverOrigins failed', 'discoverOrigins done', 'discoverOrigins failed']);
    });
  }
});
