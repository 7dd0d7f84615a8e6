import { PUBLIC_KEY_ALGORITHMS } from '../../../callers/authenticator/jwt/algorithms.ts';
import type { ClaimValue } from '../../../callers/authenticator/jwt/token-rules.ts';
import { isTrustedUrl } from '../../../callers/authenticator/jwt/trusted-url.ts';
import { isClosedToUsers, SCOPES, type Scope } from '../../../domain/access/principal.ts';
import { expected, integer, oneOf, optionalText, variable } from '../variable.ts';

/** RFC 7518 3.2: as long as the output of the hash. */
const MIN_SECRET_BYTES = 32;
const MAX_SKEW_SECONDS = 60;

/** A path of names, or a name with a slash, which issuers make of URLs. */
const CLAIM = /^(?:[^\s,=/.]+(?:\.[^\s,=/.]+)*|[^\s,=/]*\/[^\s,=]*)$/;

const claimName = (given: string): string =>
  CLAIM.test(given) ? given : expected('the name of a claim, as sub or realm_access.roles');

const optionalClaim = (given: string): string | null => (given === '' ? null : claimName(given));

function optionalClaimValue(given: string): ClaimValue | null {
  if (given === '') return null;
  const [, claim = '', value = ''] = /^([^=]+)=(.+)$/.exec(given) ?? expected('claim=value');
  return { claim: claimName(claim), value };
}

/** JWT_ADMIN alone makes admins. */
const DEFAULTABLE = SCOPES.filter((scope) => !isClosedToUsers(scope));

const listOf = (given: string): readonly string[] => given.split(',').map((one) => one.trim());

/** The variables of `AUTH=jwt`. */
export const JWT_VARIABLES = {
  jwtIssuer: variable({
    name: 'JWT_ISSUER',
    group: 'callers',
    default: '',
    about:
      'The issuer of tokens, exactly as their `iss`. Its keys are found through `/.well-known/openid-configuration`, unless one of the three variables below says where they are; then it is only compared.',
    parse: optionalText,
  }),
  jwtJwksUrl: variable({
    name: 'JWT_JWKS_URL',
    group: 'callers',
    default: '',
    about: "The URL of the issuer's keys (a JSON Web Key Set): https, or this machine.",
    parse: (given) =>
      given === '' || isTrustedUrl(given) ? given || null : expected('an https URL, or an http URL of this machine'),
  }),
  jwtJwksFile: variable({
    name: 'JWT_JWKS_FILE',
    group: 'callers',
    default: '',
    about: "A file with the issuer's keys (a JSON Web Key Set); a changed file is read again.",
    parse: optionalText,
  }),
  jwtSecret: variable({
    name: 'JWT_SECRET',
    group: 'callers',
    default: '',
    about: `The secret that the issuer signs tokens with (HS256 only), instead of public keys: at least ${MIN_SECRET_BYTES} bytes. Whoever has it can make tokens for anyone.`,
    isSecret: true,
    parse: (given) =>
      given === '' || Buffer.byteLength(given) >= MIN_SECRET_BYTES
        ? given || null
        : expected(`a secret of at least ${MIN_SECRET_BYTES} bytes`),
  }),
  jwtAudience: variable({
    name: 'JWT_AUDIENCE',
    group: 'callers',
    default: '',
    about:
      'Required for tokens: the audience that a token must be for, so that a token for another service is refused; several, comma-separated, if each of them counts.',
    parse: (given) =>
      given === '' ? [] : listOf(given).map((one) => one || expected('one or more audiences, comma-separated')),
  }),
  jwtAudienceClaim: variable({
    name: 'JWT_AUDIENCE_CLAIM',
    group: 'callers',
    default: 'aud',
    about: 'The claim with the audience; `client_id` for access tokens of Amazon Cognito.',
    parse: claimName,
  }),
  jwtAlgorithms: variable({
    name: 'JWT_ALGORITHMS',
    group: 'callers',
    default: 'RS256,ES256,EdDSA',
    about: `Accepted signature algorithms, comma-separated: ${PUBLIC_KEY_ALGORITHMS.join(', ')}. JWT_SECRET means HS256.`,
    parse: (given) => listOf(given).map(oneOf(...PUBLIC_KEY_ALGORITHMS)),
  }),
  jwtUserClaim: variable({
    name: 'JWT_USER_CLAIM',
    group: 'callers',
    default: 'sub',
    about:
      'The claim that is the user id. The values of several, comma-separated, are joined by `:` (with `%` and `:` in them escaped): `org_id,sub` keeps the users of each tenant apart. A dot leads into an object, except in a name with a slash.',
    parse: (given) => {
      const names = listOf(given).map(claimName);
      return new Set(names).size === names.length ? names : expected('different claims, comma-separated');
    },
  }),
  jwtActAsClaim: variable({
    name: 'JWT_ACT_AS_CLAIM',
    group: 'callers',
    default: '',
    about:
      'A claim for tokens of backends: it lists up to 100 user ids, for whom a token with it acts, or `*` for all users. Unset: every token stands for its own user.',
    parse: optionalClaim,
  }),
  jwtActAsPrefixesClaim: variable({
    name: 'JWT_ACT_AS_PREFIXES_CLAIM',
    group: 'callers',
    default: '',
    about:
      'A claim for tokens of the backends of tenants: it lists up to 20 texts, as `acme:`, and a token with it acts for the users whose ids begin with one of them. Unset: no token does.',
    parse: optionalClaim,
  }),
  jwtAdmin: variable({
    name: 'JWT_ADMIN',
    group: 'callers',
    default: '',
    about:
      '`claim=value`: a token whose claim is, or contains, the value is an admin, as `realm_access.roles=images-admin`. Choose a claim that users can neither set nor request. Unset: no token is.',
    parse: optionalClaimValue,
  }),
  jwtRequire: variable({
    name: 'JWT_REQUIRE',
    group: 'callers',
    default: '',
    about: '`claim=value`: tokens whose claim neither is nor contains the value are refused, as `token_use=access`.',
    parse: optionalClaimValue,
  }),
  jwtScopePrefix: variable({
    name: 'JWT_SCOPE_PREFIX',
    group: 'callers',
    default: '',
    about:
      'The text before each of our scopes in tokens, as `safelight/` in `safelight/images:read`. Scopes are read from `scope`, `scp` and `permissions`.',
    parse: (given) => (/\s/.test(given) ? expected('a text without whitespace') : given),
  }),
  jwtDefaultScopes: variable({
    name: 'JWT_DEFAULT_SCOPES',
    group: 'callers',
    default: 'images:read,images:write,images:upload',
    about:
      'Scopes of tokens that contain none of ours, comma-separated; or `nothing`, if the issuer gives each token its scopes.',
    parse: (given): readonly Scope[] => (given === 'nothing' ? [] : listOf(given).map(oneOf(...DEFAULTABLE))),
  }),
  jwtClockSkewSeconds: variable({
    name: 'JWT_CLOCK_SKEW_SECONDS',
    group: 'callers',
    default: '30',
    about: "The tolerated difference between the issuer's clock and this machine's, in seconds.",
    parse: integer(0, MAX_SKEW_SECONDS),
  }),
} as const;
