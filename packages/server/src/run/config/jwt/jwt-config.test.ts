import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError, loadConfig } from '../config.ts';

const SECRET = 'hunter2-'.repeat(4);
const ISSUER = 'https://tenant.eu.auth0.com/';
const BASE = { JWT_ISSUER: ISSUER, JWT_AUDIENCE: 'images' };

const jwtOf = (environment: Record<string, string>) => loadConfig(environment).config.jwt;
const rulesOf = (environment: Record<string, string>) => jwtOf({ ...BASE, ...environment })?.rules;

function problemsOf(environment: Record<string, string>): Record<string, string> {
  try {
    loadConfig(environment);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    assert.ok(!error.message.includes('hunter2'));
    return Object.fromEntries(error.problems.map(({ name, detail }) => [name, detail]));
  }
  return {};
}

describe('the variables of tokens', () => {
  it('are not needed', () => {
    assert.equal(jwtOf({}), null);
    assert.equal(loadConfig({}).secrets.jwtSecret, null);
  });

  it('have safe defaults', () => {
    assert.deepEqual(jwtOf(BASE), {
      keys: { at: 'issuer', issuer: ISSUER },
      rules: {
        issuer: ISSUER,
        audience: ['images'],
        audienceClaim: 'aud',
        algorithms: ['RS256', 'ES256', 'EdDSA'],
        userClaims: ['sub'],
        actAsClaim: null,
        actAsPrefixesClaim: null,
        admin: null,
        require: null,
        scopePrefix: '',
        defaultScopes: ['images:read', 'images:write', 'images:upload'],
        clockSkewSeconds: 30,
      },
    });
  });

  it('say where the keys are; beside that, JWT_ISSUER only names the issuer', () => {
    const url = 'https://issuer.example/keys';
    assert.deepEqual(jwtOf({ ...BASE, JWT_JWKS_URL: url })?.keys, { at: 'url', url });
    assert.deepEqual(jwtOf({ ...BASE, JWT_JWKS_FILE: 'keys.json' })?.keys, { at: 'file', path: 'keys.json' });
    const named = { JWT_ISSUER: 'supabase', JWT_AUDIENCE: 'images', JWT_JWKS_URL: url };
    assert.equal(jwtOf(named)?.rules.issuer, 'supabase');
    assert.equal(jwtOf({ JWT_AUDIENCE: 'images', JWT_JWKS_URL: url })?.rules.issuer, null);
  });

  it('have a secret, which means HS256, and which is not in the configuration', () => {
    const { config, secrets } = loadConfig({ JWT_SECRET: SECRET, JWT_AUDIENCE: 'images', JWT_ISSUER: 'supabase' });
    assert.equal(secrets.jwtSecret, SECRET);
    assert.deepEqual(
      [config.jwt?.keys, config.jwt?.rules.algorithms, config.jwt?.rules.issuer],
      [null, ['HS256'], 'supabase'],
    );
    assert.ok(!JSON.stringify(config).includes('hunter2'));
  });

  it('are read', () => {
    assert.deepEqual(rulesOf({ JWT_AUDIENCE: 'web, ios' })?.audience, ['web', 'ios']);
    assert.equal(rulesOf({ JWT_AUDIENCE_CLAIM: 'client_id' })?.audienceClaim, 'client_id');
    assert.deepEqual(rulesOf({ JWT_ALGORITHMS: 'PS256, ES384' })?.algorithms, ['PS256', 'ES384']);
    assert.deepEqual(rulesOf({ JWT_USER_CLAIM: 'org_id,sub' })?.userClaims, ['org_id', 'sub']);
    assert.equal(
      rulesOf({ JWT_ACT_AS_CLAIM: 'https://example.org/acts.as' })?.actAsClaim,
      'https://example.org/acts.as',
    );
    assert.equal(rulesOf({ JWT_ACT_AS_PREFIXES_CLAIM: 'tenants' })?.actAsPrefixesClaim, 'tenants');
    assert.deepEqual(rulesOf({ JWT_ADMIN: 'realm_access.roles=a=b' })?.admin, {
      claim: 'realm_access.roles',
      value: 'a=b',
    });
    assert.deepEqual(rulesOf({ JWT_REQUIRE: 'token_use=access' })?.require, { claim: 'token_use', value: 'access' });
    assert.equal(rulesOf({ JWT_SCOPE_PREFIX: 'safelight/' })?.scopePrefix, 'safelight/');
    assert.deepEqual(rulesOf({ JWT_DEFAULT_SCOPES: 'nothing' })?.defaultScopes, []);
    assert.deepEqual(rulesOf({ JWT_DEFAULT_SCOPES: 'images:read' })?.defaultScopes, ['images:read']);
    assert.equal(rulesOf({ JWT_CLOCK_SKEW_SECONDS: '0' })?.clockSkewSeconds, 0);
  });

  const discovered =
    'expected an https URL, at which the keys are found, or JWT_JWKS_URL, JWT_JWKS_FILE or JWT_SECRET beside it';
  const oneOf = 'expected one of JWT_JWKS_URL, JWT_JWKS_FILE, JWT_SECRET';
  const url = { JWT_JWKS_URL: 'https://issuer.example/keys' };
  for (const [why, environment, problems] of [
    [
      'no audience',
      { JWT_ISSUER: ISSUER },
      { JWT_AUDIENCE: 'expected the audience of tokens, since tokens are accepted; got none' },
    ],
    [
      'two places of keys',
      { ...BASE, ...url, JWT_JWKS_FILE: 'k' },
      { JWT_JWKS_URL: `${oneOf}; got JWT_JWKS_URL and JWT_JWKS_FILE` },
    ],
    [
      'a secret and a URL',
      { ...BASE, ...url, JWT_SECRET: SECRET },
      { JWT_JWKS_URL: `${oneOf}; got JWT_JWKS_URL and JWT_SECRET` },
    ],
    [
      'a secret and a file',
      { ...BASE, JWT_JWKS_FILE: 'k', JWT_SECRET: SECRET },
      { JWT_JWKS_FILE: `${oneOf}; got JWT_JWKS_FILE and JWT_SECRET` },
    ],
    [
      'a secret and algorithms',
      { ...BASE, JWT_SECRET: SECRET, JWT_ALGORITHMS: 'RS256' },
      { JWT_ALGORITHMS: 'expected it unset, since tokens of JWT_SECRET are HS256; got RS256' },
    ],
    ['an issuer that is no URL', { ...BASE, JWT_ISSUER: 'supabase' }, { JWT_ISSUER: `${discovered}; got supabase` }],
    [
      'an issuer at plain http',
      { ...BASE, JWT_ISSUER: 'http://issuer.example' },
      { JWT_ISSUER: `${discovered}; got http://issuer.example` },
    ],
    [
      'an issuer with a query',
      { ...BASE, JWT_ISSUER: 'https://issuer.example?a=b' },
      { JWT_ISSUER: `${discovered}; got https://issuer.example?a=b` },
    ],
    [
      'an issuer with a password',
      { ...BASE, JWT_ISSUER: 'https://ada:hunter2@issuer.example' },
      { JWT_ISSUER: `${discovered}; got something else` },
    ],
    [
      'one claim for users and backends',
      { ...BASE, JWT_ACT_AS_CLAIM: 'sub' },
      { JWT_ACT_AS_CLAIM: "expected another claim than JWT_USER_CLAIM, which every user's token has; got sub" },
    ],
    [
      'one claim for users and backends of tenants',
      { ...BASE, JWT_ACT_AS_PREFIXES_CLAIM: 'sub' },
      {
        JWT_ACT_AS_PREFIXES_CLAIM: "expected another claim than JWT_USER_CLAIM, which every user's token has; got sub",
      },
    ],
    [
      'one claim for users and prefixes',
      { ...BASE, JWT_ACT_AS_CLAIM: 'acts', JWT_ACT_AS_PREFIXES_CLAIM: 'acts' },
      { JWT_ACT_AS_PREFIXES_CLAIM: 'expected another claim than JWT_ACT_AS_CLAIM, which lists whole ids; got acts' },
    ],
  ] as const) {
    it(`are refused together: ${why}`, () => assert.deepEqual(problemsOf(environment), problems));
  }

  it('name each claim of a user once', () => {
    const detail = 'expected different claims, comma-separated; got sub,sub';
    assert.deepEqual(problemsOf({ ...BASE, JWT_USER_CLAIM: 'sub,sub' }), { JWT_USER_CLAIM: detail });
  });

  it('may name an issuer of this machine at plain http', () => {
    assert.deepEqual(problemsOf({ ...BASE, JWT_ISSUER: 'http://localhost:8080/realms/master' }), {});
  });

  for (const given of ['hunter2', 'hunter2'.repeat(4)]) {
    it(`are refused without being shown if JWT_SECRET has ${given.length} bytes`, () => {
      const detail = 'expected a secret of at least 32 bytes; got something else';
      assert.deepEqual(problemsOf({ JWT_SECRET: given, JWT_AUDIENCE: 'images' }), { JWT_SECRET: detail });
    });
  }
});
