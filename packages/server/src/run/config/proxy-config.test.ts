import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadConfig } from './config.ts';
import { problemsOf } from './problems-of.fixture.ts';

const OPEN_TO_ALL = { ALLOW_OPEN: 'true' };
const proxiesOf = (environment: Record<string, string>) =>
  loadConfig({ ...OPEN_TO_ALL, ...environment }).config.proxies;

describe('TRUSTED_PROXIES and PROXY_HEADERS', () => {
  it('trust no proxy unless set', () => {
    assert.equal(proxiesOf({}), null);
  });

  it('are networks, also single addresses, and one family of headers', () => {
    const TRUSTED_PROXIES = '10.0.0.0/8, 192.0.2.7,2001:DB8::/32';
    const trusted = ['10.0.0.0/8', '192.0.2.7/32', '2001:db8::/32'];
    for (const PROXY_HEADERS of ['x-forwarded', 'forwarded'])
      assert.deepEqual(proxiesOf({ TRUSTED_PROXIES, PROXY_HEADERS }), {
        trusted,
        headers: PROXY_HEADERS,
        originSecrets: [],
      });
  });

  it('are needed together, because a proxy passes the other family through as a client wrote it', () => {
    assert.deepEqual(problemsOf({ ...OPEN_TO_ALL, TRUSTED_PROXIES: '10.0.0.0/8' }), {
      PROXY_HEADERS: 'expected x-forwarded or forwarded with TRUSTED_PROXIES, as the proxies send; got none',
    });
    assert.deepEqual(problemsOf({ ...OPEN_TO_ALL, PROXY_HEADERS: 'forwarded' }), {
      TRUSTED_PROXIES: 'expected the networks of the proxies with PROXY_HEADERS; got none',
    });
  });

  it('contradict open mode, which refuses proxies', () => {
    const proxies = { TRUSTED_PROXIES: '127.0.0.1', PROXY_HEADERS: 'x-forwarded' };
    assert.deepEqual(problemsOf(proxies), {
      TRUSTED_PROXIES:
        'expected none with AUTH=open, which refuses requests through proxies, or AUTH=api-key or jwt, or ALLOW_OPEN=true; got 127.0.0.1/32',
    });
    assert.deepEqual(problemsOf({ ...proxies, AUTH: 'api-key' }), {});
    assert.deepEqual(problemsOf({ ...proxies, ...OPEN_TO_ALL }), {});
  });
});

describe('ORIGIN_SECRET_SHA256', () => {
  const [first, second] = ['a1'.repeat(32), 'b2'.repeat(32)] as const;
  const PROXY_HEADERS = 'x-forwarded';
  const secretsOf = (given: string) => proxiesOf({ ORIGIN_SECRET_SHA256: given, PROXY_HEADERS })?.originSecrets;

  it('is one hash, or two, in any case and with spaces', () => {
    assert.deepEqual(secretsOf(first), [first]);
    assert.deepEqual(secretsOf(` ${first.toUpperCase()} , ${second}`), [first, second]);
  });

  it('is never repeated in a message, because it may be the secret itself', () => {
    for (const given of [
      'hunter2',
      `${first}0`,
      first.slice(1),
      `${first},`,
      `${first},${second},${first}`,
      `${first} ${second}`,
    ]) {
      const { ORIGIN_SECRET_SHA256: detail = '' } = problemsOf({
        ...OPEN_TO_ALL,
        ORIGIN_SECRET_SHA256: given,
        PROXY_HEADERS,
      });
      assert.equal(
        detail,
        'expected the SHA-256 of a secret, 64 hexadecimal digits; or of two, with a comma between them; got something else',
      );
    }
  });

  it('needs to know what the CDN writes', () => {
    assert.deepEqual(problemsOf({ ...OPEN_TO_ALL, ORIGIN_SECRET_SHA256: first }), {
      PROXY_HEADERS: 'expected x-forwarded or forwarded with ORIGIN_SECRET_SHA256, as the proxies send; got none',
    });
  });

  it('contradicts open mode, which refuses proxies', () => {
    const problems = problemsOf({ ORIGIN_SECRET_SHA256: first, PROXY_HEADERS });
    assert.match(problems['ORIGIN_SECRET_SHA256'] ?? '', /^expected none with AUTH=open, .*; got a secret$/);
    assert.deepEqual(problemsOf({ ORIGIN_SECRET_SHA256: first, PROXY_HEADERS, AUTH: 'api-key' }), {});
  });
});
