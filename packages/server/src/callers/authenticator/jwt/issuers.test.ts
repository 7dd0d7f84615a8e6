import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Principal } from '../../../domain/access/principal.ts';
import { type LocalIssuer, startIssuer } from './local-issuer.fixture.ts';
import { issuerKey, sealed, signed } from './signed-tokens.fixture.ts';
import type { TokenRules } from './token-rules.ts';
import { createTestVerifier, RULES, refusedAs, secondsFromNow } from './verifier.fixture.ts';

/** The shapes of real tokens, with the settings of docs/authentication.md. */
const ISSUED = { iat: secondsFromNow(-60), exp: secondsFromNow(3_540) };
const USER = '6f9e7a52-70c1-7046-9a4c-7a3b3a0e52a1';

type Claims = Readonly<Record<string, unknown>>;

interface Case {
  readonly token: string;
  readonly header: Claims;
  readonly claims: Claims;
  readonly rules: Partial<TokenRules>;
  readonly expected: Partial<Principal & { kind: 'user' }>;
}

const CASES: readonly Case[] = [
  {
    token: 'an access token of Cognito',
    header: {},
    claims: {
      sub: USER,
      'cognito:groups': ['editors'],
      client_id: '7lhlkkfbfb4q5kpp90urffao',
      origin_jti: 'aaaa',
      event_id: 'bbbb',
      token_use: 'access',
      scope: 'aws.cognito.signin.user.admin',
      auth_time: ISSUED.iat,
      jti: 'cccc',
      username: 'ada',
    },
    rules: {
      audience: ['7lhlkkfbfb4q5kpp90urffao'],
      audienceClaim: 'client_id',
      require: { claim: 'token_use', value: 'access' },
    },
    expected: { userId: USER, scopes: RULES.defaultScopes },
  },
  {
    token: 'an access token of Cognito with the scopes of a resource server',
    header: {},
    claims: { sub: USER, client_id: 'client', token_use: 'access', version: 2, scope: 'safelight/images:read openid' },
    rules: { audience: ['client'], audienceClaim: 'client_id', scopePrefix: 'safelight/' },
    expected: { userId: USER, scopes: ['images:read'] },
  },
  {
    token: 'an id token of Cognito',
    header: {},
    claims: {
      sub: USER,
      aud: '7lhlkkfbfb4q5kpp90urffao',
      email_verified: true,
      'cognito:username': 'ada',
      email: 'ada@example.org',
      token_use: 'id',
      auth_time: ISSUED.iat,
      identities: [{ providerName: 'Google', primary: 'true' }],
    },
    rules: { audience: ['7lhlkkfbfb4q5kpp90urffao'], require: { claim: 'token_use', value: 'id' } },
    expected: { userId: USER, scopes: RULES.defaultScopes },
  },
  {
    token: 'an access token of Auth0',
    header: { typ: 'JWT' },
    claims: {
      sub: 'auth0|64f0c2a1b2c3d4e5f6a7b8c9',
      aud: ['https://images.example.org', 'https://tenant.eu.auth0.com/userinfo'],
      scope: 'openid profile images:read',
      azp: 'my_client_id',
      permissions: ['images:read', 'images:write'],
    },
    rules: { audience: ['https://images.example.org'] },
    expected: { userId: 'auth0|64f0c2a1b2c3d4e5f6a7b8c9', scopes: ['images:read', 'images:write'] },
  },
  {
    token: 'an access token of Auth0 in the profile of RFC 9068',
    header: { typ: 'at+jwt' },
    claims: { sub: 'auth0|1', aud: 'https://images.example.org', client_id: 'my_client_id', jti: 'x', scope: 'openid' },
    rules: { audience: ['https://images.example.org'] },
    expected: { userId: 'auth0|1', scopes: RULES.defaultScopes },
  },
  {
    token: 'an access token of Keycloak',
    header: { typ: 'JWT' },
    claims: {
      jti: 'onrtac:1c9c1b7e',
      aud: ['safelight', 'account'],
      sub: USER,
      typ: 'Bearer',
      azp: 'web',
      sid: 'e2a8',
      acr: '1',
      'allowed-origins': ['https://app.example.org'],
      realm_access: { roles: ['offline_access', 'uma_authorization'] },
      resource_access: { account: { roles: ['manage-account'] } },
      scope: 'openid email profile',
      email_verified: false,
      preferred_username: 'ada',
    },
    rules: {
      audience: ['safelight'],
      require: { claim: 'typ', value: 'Bearer' },
      admin: { claim: 'realm_access.roles', value: 'images-admin' },
    },
    expected: { userId: USER, scopes: RULES.defaultScopes },
  },
  {
    token: 'an id token of Firebase',
    header: { typ: 'JWT' },
    claims: {
      aud: 'my-project',
      auth_time: ISSUED.iat,
      user_id: 'Xq2dUq1Vw2bQ',
      sub: 'Xq2dUq1Vw2bQ',
      email: 'ada@example.org',
      email_verified: true,
      firebase: { identities: { email: ['ada@example.org'] }, sign_in_provider: 'password' },
    },
    rules: { audience: ['my-project'] },
    expected: { userId: 'Xq2dUq1Vw2bQ', scopes: RULES.defaultScopes },
  },
  {
    token: 'an access token of Supabase',
    header: { typ: 'JWT' },
    claims: {
      aal: 'aal1',
      amr: [{ method: 'password', timestamp: ISSUED.iat }],
      app_metadata: { provider: 'email', providers: ['email'] },
      aud: 'authenticated',
      email: 'ada@example.org',
      is_anonymous: false,
      phone: '',
      role: 'authenticated',
      session_id: 'd5c2',
      sub: USER,
      user_metadata: { role: 'admin', roles: ['images-admin'] },
    },
    rules: { audience: ['authenticated'], require: { claim: 'is_anonymous', value: 'false' } },
    expected: { userId: USER, scopes: RULES.defaultScopes },
  },
];

describe('the tokens of known issuers', () => {
  const key = issuerKey('Tw4SUkRW0f+ujHgYXBaAtNGTPZWqHTZW6w+/TgxAcJ8=', 'RS256');
  let issuer: LocalIssuer;
  before(async () => {
    issuer = await startIssuer(key);
  });
  after(() => issuer[Symbol.asyncDispose]());

  for (const { token, header, claims, rules, expected } of CASES) {
    it(`are accepted: ${token}`, async () => {
      using verifier = createTestVerifier(
        { keys: { at: 'issuer', issuer: issuer.url } },
        { issuer: issuer.url, ...rules },
      );
      const principal = await verifier.authenticate(signed(key, { iss: issuer.url, ...ISSUED, ...claims }, header));
      assert.equal(principal.kind, 'user');
      assert.deepEqual({ ...principal, ...expected }, principal);
    });

    it(`are refused for another application: ${token}`, async () => {
      const other = { issuer: issuer.url, ...rules, audience: ['other'] };
      using verifier = createTestVerifier({ keys: { at: 'issuer', issuer: issuer.url } }, other);
      const all = { iss: issuer.url, ...ISSUED, ...claims };
      await assert.rejects(verifier.authenticate(signed(key, all, header)), refusedAs('wrong-audience'));
    });
  }

  const refused = async (rules: Partial<TokenRules>, claims: Claims, reason: string) => {
    using verifier = createTestVerifier(
      { keys: { at: 'issuer', issuer: issuer.url } },
      { issuer: issuer.url, ...rules },
    );
    const token = signed(key, { iss: issuer.url, ...ISSUED, sub: USER, ...claims });
    await assert.rejects(verifier.authenticate(token), refusedAs(reason));
  };

  it('are refused if they are for another use: an id token of Cognito where access tokens are required', async () => {
    const rules = { audience: ['client'], require: { claim: 'token_use', value: 'access' } };
    await refused(rules, { aud: 'client', token_use: 'id' }, 'invalid-claim');
    await refused(rules, { aud: 'client' }, 'missing-claim');
  });

  it('are refused if they are of an anonymous user of Supabase, or of its anon and service_role keys', async () => {
    const rules = { audience: ['authenticated'], require: { claim: 'is_anonymous', value: 'false' } };
    await refused(rules, { aud: 'authenticated', is_anonymous: true }, 'invalid-claim');
    await refused(rules, { ref: 'project', role: 'anon', iss: 'supabase' }, 'wrong-issuer');
    await refused(rules, { ref: 'project', role: 'service_role' }, 'missing-claim');
  });

  it('of Supabase may be signed with a shared secret', async () => {
    const secret = 'super-secret-jwt-token-with-at-least-32-characters-long';
    const iss = 'https://ref.supabase.co/auth/v1';
    using verifier = createTestVerifier(
      { secret },
      { algorithms: ['HS256'], issuer: iss, audience: ['authenticated'] },
    );
    const claims = { iss, ...ISSUED, aud: 'authenticated', sub: USER, role: 'authenticated' };
    const principal = await verifier.authenticate(sealed(secret, claims, { kid: 'o8Z+aB/1' }));
    assert.equal(principal.kind === 'user' && principal.userId, USER);
  });
});
