import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startIssuer } from './local-issuer.fixture.ts';
import { issuerKey, signed } from './signed-tokens.fixture.ts';
import { claimsOf, createTestVerifier, refusedAs, secondsFromNow } from './verifier.fixture.ts';

const KEY = issuerKey('first');
const NEXT = issuerKey('next');
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const forDays = { exp: secondsFromNow(7 * 86_400) };
const token = signed(KEY, claimsOf('ada', forDays));
const unknown = (index: number) => signed(KEY, claimsOf('ada'), { kid: `unknown-${index}` });

describe('the keys of an issuer', () => {
  it('are fetched once for concurrent requests', async () => {
    await using issuer = await startIssuer(KEY);
    using verifier = createTestVerifier({ keys: { at: 'url', url: issuer.jwksUrl } });
    await Promise.all(Array.from({ length: 20 }, () => verifier.authenticate(token)));
    assert.deepEqual(issuer.requests, ['/keys']);
  });

  for (const behavior of ['answers', 'fails'] as const) {
    for (const way of ['at once', 'one after another'] as const) {
      it(`are fetched once for 50 unknown kids ${way}, if the issuer ${behavior}`, async () => {
        await using issuer = await startIssuer(KEY);
        using verifier = createTestVerifier({ keys: { at: 'url', url: issuer.jwksUrl } });
        await verifier.authenticate(token);
        issuer.requests.length = 0;
        issuer.behavior = behavior;
        verifier.clock.offsetMs = 11_000;
        const attempts = Array.from(
          { length: 50 },
          (_, index) => () => assert.rejects(verifier.authenticate(unknown(index)), refusedAs('unknown-signing-key')),
        );
        if (way === 'at once') await Promise.all(attempts.map((attempt) => attempt()));
        else for (const attempt of attempts) await attempt();
        assert.deepEqual(issuer.requests, ['/keys']);
        await verifier.authenticate(token);
      });
    }
  }

  it('are fetched again for an unknown kid 10 s after the last fetch, so that a new key works', async () => {
    await using issuer = await startIssuer(KEY);
    using verifier = createTestVerifier({ keys: { at: 'issuer', issuer: issuer.url } });
    await verifier.authenticate(token);
    issuer.keys = [KEY, NEXT];
    const byNext = signed(NEXT, claimsOf('ada'));
    verifier.clock.offsetMs = 5_000;
    await assert.rejects(verifier.authenticate(byNext), refusedAs('unknown-signing-key'));
    verifier.clock.offsetMs = 10_100;
    await verifier.authenticate(byNext);
    assert.deepEqual(issuer.requests, ['/.well-known/openid-configuration', '/keys', '/keys']);
  });

  it('are fetched again after 10 minutes, without a delay of the request', async () => {
    await using issuer = await startIssuer(KEY);
    using verifier = createTestVerifier({ keys: { at: 'url', url: issuer.jwksUrl } });
    await verifier.authenticate(token);
    issuer.behavior = 'hangs';
    verifier.clock.offsetMs = 9 * MINUTE_MS;
    await verifier.authenticate(token);
    assert.equal(issuer.requests.length, 1);
    verifier.clock.offsetMs = 11 * MINUTE_MS;
    await verifier.authenticate(token);
    assert.deepEqual(verifier.warnings, [], 'expected an answer before the fetch ends by its timeout');
    while (issuer.requests.length < 2) await new Promise(setImmediate);
  });

  it('are fetched before the request goes on if nobody has asked for 20 minutes', async () => {
    await using issuer = await startIssuer(KEY);
    using verifier = createTestVerifier({ keys: { at: 'url', url: issuer.jwksUrl } });
    await verifier.authenticate(token);
    issuer.keys = [NEXT];
    verifier.clock.offsetMs = 20 * MINUTE_MS + 1_000;
    await assert.rejects(verifier.authenticate(token), refusedAs('unknown-signing-key'));
  });

  it('are fetched before the request goes on after such a rest, also if the fetch before it failed', async () => {
    await using issuer = await startIssuer(KEY);
    using verifier = createTestVerifier({ keys: { at: 'url', url: issuer.jwksUrl } });
    await verifier.authenticate(token);
    issuer.behavior = 'fails';
    verifier.clock.offsetMs = 11 * MINUTE_MS;
    await verifier.authenticate(token);
    while (verifier.warnings.length === 0) await new Promise(setImmediate);
    issuer.behavior = 'answers';
    issuer.keys = [NEXT];
    verifier.clock.offsetMs = 32 * MINUTE_MS;
    await assert.rejects(verifier.authenticate(token), refusedAs('unknown-signing-key'));
  });

  it('serve for 24 hours while the issuer is down; then the answer is a 503, until it is back', async () => {
    await using issuer = await startIssuer(KEY);
    using verifier = createTestVerifier({ keys: { at: 'issuer', issuer: issuer.url } });
    await verifier.authenticate(token);
    issuer.behavior = 'closes';
    for (const hours of [1, 2, 12, 23.9]) {
      verifier.clock.offsetMs = hours * HOUR_MS;
      await verifier.authenticate(token);
      await verifier.authenticate(signed(KEY, claimsOf(`of hour ${hours}`, forDays)));
    }
    assert.equal(verifier.warnings.length, 1, verifier.warnings.join('\n'));
    verifier.clock.offsetMs = 24 * HOUR_MS + 1_000;
    await assert.rejects(verifier.authenticate(token), { code: 'unavailable' });
    await assert.rejects(verifier.authenticate(signed(KEY, claimsOf('bob', forDays))), { code: 'unavailable' });
    await assert.rejects(verifier.authenticate('a.b.c'), refusedAs('malformed'));

    issuer.behavior = 'answers';
    verifier.clock.offsetMs += 11_000;
    await verifier.authenticate(token);
  });

  it('are asked for at most every 10 s while the issuer is down and the keys are due', async () => {
    await using issuer = await startIssuer(KEY);
    using verifier = createTestVerifier({ keys: { at: 'url', url: issuer.jwksUrl } });
    await verifier.authenticate(token);
    issuer.behavior = 'fails';
    verifier.clock.offsetMs = 30 * MINUTE_MS;
    await verifier.authenticate(token);
    for (let index = 0; index < 20; index += 1) await verifier.authenticate(token);
    assert.equal(issuer.requests.length, 2);
  });

  for (const [behavior, reason] of [
    ['redirects', /expected 200 from .*; got 302/],
    ['fails', /expected 200 from .*; got 500/],
    ['floods', /expected at most 262144 bytes from .*; got more/],
    ['inflates', /expected at most 262144 bytes from .*; got more/],
    ['sends-html', /JSON/],
    ['closes', /expected an answer from .*; got/],
  ] as const) {
    it(`are not taken from an issuer that ${behavior}: the answer is a 503, and the log says why, once`, async () => {
      await using issuer = await startIssuer(KEY);
      issuer.behavior = behavior;
      for (const keys of [
        { at: 'url' as const, url: issuer.jwksUrl },
        { at: 'issuer' as const, issuer: issuer.url },
      ]) {
        using verifier = createTestVerifier({ keys });
        for (const _ of [1, 2]) await assert.rejects(verifier.authenticate(token), { code: 'unavailable' });
        assert.equal(verifier.warnings.length, 1);
        assert.match(verifier.warnings.join(), reason);
      }
      assert.ok(!issuer.requests.includes('/stolen'));
      assert.equal(issuer.requests.length, 2);
    });
  }

  for (const behavior of ['hangs', 'trickles'] as const) {
    it(`are given up after 5 s if the issuer ${behavior}`, async () => {
      await using issuer = await startIssuer(KEY);
      issuer.behavior = behavior;
      using verifier = createTestVerifier({ keys: { at: 'url', url: issuer.jwksUrl } });
      await assert.rejects(verifier.authenticate(token), { code: 'unavailable' });
      assert.match(verifier.warnings.join(), /timeout|5 s/);
    });
  }

  it('are not fetched again while a fetch hangs', async () => {
    await using issuer = await startIssuer(KEY);
    issuer.behavior = 'hangs';
    using verifier = createTestVerifier({ keys: { at: 'url', url: issuer.jwksUrl } });
    const first = assert.rejects(verifier.authenticate(token), { code: 'unavailable' });
    while (issuer.requests.length === 0) await new Promise(setImmediate);
    verifier.clock.offsetMs = 11_000;
    const second = assert.rejects(verifier.authenticate(token), { code: 'unavailable' });
    await (await fetch(`${issuer.url}/stolen`)).text(); // a second fetch would have arrived before this one
    assert.deepEqual(issuer.requests, ['/keys', '/stolen']);
    verifier[Symbol.dispose]();
    await Promise.all([first, second]);
  });

  it('are not there if nothing listens', async () => {
    const issuer = await startIssuer(KEY);
    await issuer[Symbol.asyncDispose]();
    using verifier = createTestVerifier({ keys: { at: 'issuer', issuer: issuer.url } });
    await assert.rejects(verifier.authenticate(token), { code: 'unavailable' });
    assert.match(verifier.warnings.join(), /ECONNREFUSED/);
  });

  it('may be none: then every token is refused', async () => {
    await using issuer = await startIssuer();
    using verifier = createTestVerifier({ keys: { at: 'url', url: issuer.jwksUrl } });
    await assert.rejects(verifier.authenticate(token), refusedAs('unknown-signing-key'));
  });

  it('are no longer fetched once the verifier is disposed, and a fetch under way ends', async () => {
    await using issuer = await startIssuer(KEY);
    issuer.behavior = 'hangs';
    const verifier = createTestVerifier({ keys: { at: 'url', url: issuer.jwksUrl } });
    const waiting = assert.rejects(verifier.authenticate(token), { code: 'unavailable' });
    while (issuer.requests.length === 0) await new Promise(setImmediate);
    verifier[Symbol.dispose]();
    await waiting;
    assert.deepEqual(verifier.warnings, []);
    verifier.clock.offsetMs = 11_000;
    await assert.rejects(verifier.authenticate(token), { code: 'unavailable' });
    assert.equal(issuer.requests.length, 1);
  });
});

describe('the configuration of an issuer', () => {
  for (const [why, configuration] of [
    ['names another issuer', { issuer: 'https://other.example' }],
    ['names the issuer with a slash', { issuer: 'slash' }],
    ['names no issuer', { issuer: undefined }],
    ['has its keys at a plain http address', { jwks_uri: 'http://keys.example/jwks' }],
    ['has its keys in a file', { jwks_uri: 'file:///etc/passwd' }],
    ['has its keys at a URL with a password', { jwks_uri: 'https://ada:secret@keys.example/jwks' }],
    ['has no address of keys', { jwks_uri: undefined }],
    ['has several addresses of keys', { jwks_uri: ['https://keys.example'] }],
  ] as const) {
    it(`is not believed if it ${why}`, async () => {
      await using issuer = await startIssuer(KEY);
      const named = 'issuer' in configuration && configuration.issuer === 'slash';
      issuer.configuration = named ? { issuer: `${issuer.url}/` } : configuration;
      using verifier = createTestVerifier({ keys: { at: 'issuer', issuer: issuer.url } });
      await assert.rejects(verifier.authenticate(token), { code: 'unavailable' });
      assert.match(verifier.warnings.join(), /expected (JWT_ISSUER|the configuration)/);
      assert.ok(!verifier.warnings.join().includes('secret@'));
      assert.deepEqual(issuer.requests, ['/.well-known/openid-configuration']);
    });
  }

  it('is read again after a failure, since the keys may have moved', async () => {
    await using issuer = await startIssuer(KEY);
    await using mirror = await startIssuer(NEXT);
    using verifier = createTestVerifier({ keys: { at: 'issuer', issuer: issuer.url } });
    await verifier.authenticate(token);
    issuer.behavior = 'fails';
    const byNext = signed(NEXT, claimsOf('ada'));
    verifier.clock.offsetMs = 11_000;
    await assert.rejects(verifier.authenticate(byNext), refusedAs('unknown-signing-key'));
    issuer.behavior = 'answers';
    issuer.configuration = { jwks_uri: mirror.jwksUrl };
    verifier.clock.offsetMs = 22_000;
    await verifier.authenticate(byNext);
  });

  it('is read again after an hour', async () => {
    await using issuer = await startIssuer(KEY);
    using verifier = createTestVerifier({ keys: { at: 'issuer', issuer: issuer.url } });
    await verifier.authenticate(token);
    verifier.clock.offsetMs = HOUR_MS + 1_000;
    await verifier.authenticate(token);
    assert.equal(issuer.requests.filter((path) => path !== '/keys').length, 2);
  });
});
