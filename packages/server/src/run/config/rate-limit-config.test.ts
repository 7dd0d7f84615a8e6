import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadConfig } from './config.ts';
import { problemsOf } from './problems-of.fixture.ts';

const limitsOf = (environment: Record<string, string>) => loadConfig(environment).config.rateLimits;
const storeOf = (url: string) => loadConfig({ RATE_LIMIT_STORE: url }).secrets.rateLimitStore;

const USUAL = {
  grant: { requests: 24_000, windowSeconds: 60 },
  upload: { requests: 24_000, windowSeconds: 60 },
  read: { requests: 24_000, windowSeconds: 60 },
  render: { requests: 6_000, windowSeconds: 60 },
  list: { requests: 6_000, windowSeconds: 60 },
  picture: { requests: 6_000, windowSeconds: 60 },
};

describe('RATE_LIMITS', () => {
  it('is off in open mode, and has a default with authentication', () => {
    assert.equal(limitsOf({}), null);
    assert.deepEqual(limitsOf({ AUTH: 'api-key' }), USUAL);
  });

  it('admits by default a folder of 20,000 in one window, in any form of upload', () => {
    const { grant, upload, read } = limitsOf({ AUTH: 'api-key' }) ?? {};
    for (const limit of [grant, upload, read]) assert.ok(limit && limit.requests >= 20_000);
  });

  it('counts in both if it is set, and replaces the default: a kind that it leaves out has no limit', () => {
    for (const AUTH of ['open', 'api-key'])
      assert.deepEqual(limitsOf({ AUTH, RATE_LIMITS: 'grant=1/s  list=1000000/h' }), {
        grant: { requests: 1, windowSeconds: 1 },
        list: { requests: 1_000_000, windowSeconds: 3_600 },
      });
  });

  it('may be off', () => assert.equal(limitsOf({ AUTH: 'api-key', RATE_LIMITS: 'off' }), null));

  for (const given of [
    'grant=0/m',
    'grant=1000001/m',
    'grant=1e3/m',
    'grant=-1/m',
    'grant=1.5/m',
    'grant=60',
    'grant=60/d',
    'grant=60/min',
    'grants=60/m',
    'credentials=20/m',
    'constructor=1/m',
    'GRANT=60/m',
    'grant=60/m,read=1/m',
    'grant=60/m grant=30/m',
    'off grant=60/m',
    'OFF',
    `${'grant=1/m '.repeat(1_000)}`,
  ])
    it(`refuses ${given.slice(0, 40)}`, () => {
      const { RATE_LIMITS: problem = '', ...others } = problemsOf({ RATE_LIMITS: given });
      assert.match(
        problem,
        /^expected limits as grant=60\/m, .* from 1 to 1000000 requests in one s, m or h; or off; got /,
      );
      assert.deepEqual(others, {});
    });
});

describe('RATE_LIMIT_STORE', () => {
  it('is the URL of Redis or Valkey, with a database', () => {
    assert.equal(storeOf(''), null);
    for (const url of ['redis://127.0.0.1:6379', 'rediss://user:password@cache.example.org:6380/2', 'redis://[::1]/'])
      assert.equal(storeOf(url), url);
  });

  for (const url of [
    'localhost:6379',
    'http://localhost:6379',
    'redis://',
    'redis:///0',
    'redis://:password@cache/other',
    'redis://cache?db=1',
    'redis://cache#1',
  ])
    it(`refuses ${url}, and repeats none of it`, () => {
      const { RATE_LIMIT_STORE: problem = '' } = problemsOf({ RATE_LIMIT_STORE: url });
      assert.equal(
        problem,
        'expected a URL as redis://127.0.0.1:6379 or rediss://user:password@host:6379/0; got something else',
      );
    });
});
