import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadConfig } from '../config.ts';
import { problemsOf } from '../problems-of.fixture.ts';

const BASE = {
  AUTH: 'jwt',
  JWT_ISSUER: 'https://login.example.org',
  JWT_AUDIENCE: 'images',
  PUBLIC_URL: 'https://images.example.org',
  OIDC_CLIENT_ID: 'gallery',
};
const { OIDC_CLIENT_ID: _, ...WITHOUT } = BASE;

describe('the variables of sign-in', () => {
  it('are off by default, also with tokens', () => assert.equal(loadConfig(WITHOUT).config.oidc, null));

  it('name the client at the issuer of tokens', () => {
    assert.deepEqual(loadConfig({ ...BASE, OIDC_SCOPES: 'openid offline_access' }).config.oidc, {
      issuer: 'https://login.example.org',
      clientId: 'gallery',
      scopes: 'openid offline_access',
      resource: null,
    });
  });

  it('ask for tokens for the API where its audience is an address', () => {
    const resourceOf = (more: Record<string, string>) => loadConfig({ ...BASE, ...more }).config.oidc?.resource;
    assert.equal(resourceOf({ JWT_AUDIENCE: 'https://images.example.org,ios' }), 'https://images.example.org');
    assert.equal(resourceOf({ JWT_AUDIENCE: 'api://0b1c' }), null);
    assert.equal(resourceOf({ JWT_AUDIENCE: 'https://a.example', JWT_AUDIENCE_CLAIM: 'client_id' }), null);
  });

  const refusal = (expected: string) => ({ OIDC_CLIENT_ID: `expected it unset, or ${expected}; got gallery` });
  const TOKENS = refusal("AUTH=jwt, which accepts the issuer's tokens");
  const ISSUER = refusal('JWT_ISSUER as an https URL, where people sign in');
  const RETURN = refusal('PUBLIC_URL with https (or on this machine), where people return');
  const SECRET = { JWT_SECRET: 'x'.repeat(32) };
  for (const [why, environment, problems] of [
    ['tokens are not accepted', { ...BASE, AUTH: 'api-key' }, TOKENS],
    ['the service is open', { ...BASE, AUTH: 'open' }, TOKENS],
    ['the issuer is only a name', { ...BASE, ...SECRET, JWT_ISSUER: 'supabase' }, ISSUER],
    ['the issuer is at plain http', { ...BASE, ...SECRET, JWT_ISSUER: 'http://login.example.org' }, ISSUER],
    ['no address is known to return to', { ...BASE, PUBLIC_URL: '' }, RETURN],
    ['people would return to plain http', { ...BASE, PUBLIC_URL: 'http://images.example.org' }, RETURN],
  ] as const) {
    it(`are refused if ${why}`, () => assert.deepEqual(problemsOf(environment), problems));
  }
});
