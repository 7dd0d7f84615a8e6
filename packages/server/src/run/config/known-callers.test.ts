import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadConfig } from './config.ts';
import { problemsOf } from './problems-of.fixture.ts';

describe('HOST', () => {
  for (const HOST of [
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '127.0.0.2',
    'images.example.org',
    '127.0.0.1.example.org',
    'localhost.',
  ]) {
    it(`needs ALLOW_OPEN if other machines can reach it: ${HOST}`, () => {
      const expected =
        'expected 127.0.0.1, ::1 or localhost, since callers are not authenticated, or AUTH=api-key or jwt, or ALLOW_OPEN=true';
      assert.deepEqual(problemsOf({ HOST }), { HOST: `${expected}; got ${HOST}` });
      assert.deepEqual(Object.keys(problemsOf({ HOST, ALLOW_OPEN: 'false' })), ['HOST']);
      assert.deepEqual(problemsOf({ HOST, ALLOW_OPEN: 'true' }), {});
    });
  }
});

describe('AUTH', () => {
  const authOf = (AUTH: string) => loadConfig({ AUTH }).config.auth;

  it('is open unless set, or api-key', () => {
    assert.deepEqual([loadConfig({}).config.auth, authOf('open'), authOf('api-key')], [[], [], ['api-key']]);
  });

  for (const AUTH of ['jwt', 'jwt,api-key', 'api-key, jwt'])
    it(`needs the audience and the keys of tokens with jwt: ${AUTH}`, () => {
      const detail =
        /^expected JWT_AUDIENCE and one of JWT_ISSUER, JWT_JWKS_URL, JWT_JWKS_FILE, JWT_SECRET .*; got none$/;
      const problems = problemsOf({ AUTH });
      assert.deepEqual(Object.keys(problems), ['AUTH']);
      assert.match(problems['AUTH'] ?? '', detail);
      assert.deepEqual(problemsOf({ AUTH, JWT_AUDIENCE: 'images', JWT_ISSUER: 'https://issuer.example' }), {});
    });

  it('needs them beside other problems too', () => {
    assert.deepEqual(Object.keys(problemsOf({ AUTH: 'jwt', PORT: 'x' })).toSorted(), ['AUTH', 'PORT']);
    assert.deepEqual(Object.keys(problemsOf({ AUTH: 'jwt', JWT_ALGORITHMS: 'x' })), ['JWT_ALGORITHMS']);
  });

  it('excludes ALLOW_OPEN', () => {
    const detail = 'expected false with AUTH=api-key, since no caller may be unauthenticated; got true';
    assert.deepEqual(problemsOf({ AUTH: 'api-key', ALLOW_OPEN: 'true' }), { ALLOW_OPEN: detail });
    assert.deepEqual(problemsOf({ AUTH: 'api-key', ALLOW_OPEN: 'true', HOST: '0.0.0.0' }), { ALLOW_OPEN: detail });
  });

  it('permits any HOST, if the service has a name', () => {
    const closed = { AUTH: 'api-key', HOST: '0.0.0.0' };
    assert.deepEqual(problemsOf(closed), {
      HOST: 'expected 127.0.0.1, ::1 or localhost, or the name of the service in PUBLIC_URL or ALLOWED_HOSTS; got 0.0.0.0 without a name',
    });
    assert.deepEqual(problemsOf({ ...closed, PUBLIC_URL: 'https://images.example.org' }), {});
    assert.deepEqual(problemsOf({ ...closed, ALLOWED_HOSTS: 'images.example.org' }), {});
    assert.deepEqual(problemsOf({ AUTH: 'api-key', HOST: 'localhost' }), {});
  });
});
