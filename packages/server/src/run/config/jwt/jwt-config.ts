import type { KeyPlace } from '../../../callers/authenticator/jwt/key-place.ts';
import type { TokenRules } from '../../../callers/authenticator/jwt/token-rules.ts';
import { isTrustedUrl } from '../../../callers/authenticator/jwt/trusted-url.ts';
import type { Read } from '../variable.ts';
import { JWT_VARIABLES } from './jwt-variables.ts';

export interface JwtConfig {
  readonly rules: TokenRules;
  /** null: the issuer signs with `Secrets.jwtSecret`. */
  readonly keys: KeyPlace | null;
}

export interface JwtVariables {
  /** null: no variable says where the keys of tokens are. */
  readonly jwt: JwtConfig | null;
  readonly jwtSecret: string | null;
}

/** Records a problem of one variable. */
type Report = (name: string, detail: string) => void;

/** Reports variables that contradict each other. */
export function readJwt(read: Read, report: Report): JwtVariables {
  const issuer = read(JWT_VARIABLES.jwtIssuer);
  const url = read(JWT_VARIABLES.jwtJwksUrl);
  const path = read(JWT_VARIABLES.jwtJwksFile);
  const jwtSecret = read(JWT_VARIABLES.jwtSecret);
  const algorithms = read(JWT_VARIABLES.jwtAlgorithms);
  const rules: TokenRules = {
    issuer,
    audience: read(JWT_VARIABLES.jwtAudience),
    audienceClaim: read(JWT_VARIABLES.jwtAudienceClaim),
    algorithms: jwtSecret === null ? algorithms : ['HS256'],
    userClaims: read(JWT_VARIABLES.jwtUserClaim),
    actAsClaim: read(JWT_VARIABLES.jwtActAsClaim),
    actAsPrefixesClaim: read(JWT_VARIABLES.jwtActAsPrefixesClaim),
    admin: read(JWT_VARIABLES.jwtAdmin),
    require: read(JWT_VARIABLES.jwtRequire),
    scopePrefix: read(JWT_VARIABLES.jwtScopePrefix),
    defaultScopes: read(JWT_VARIABLES.jwtDefaultScopes),
    clockSkewSeconds: read(JWT_VARIABLES.jwtClockSkewSeconds),
  };

  reportSeveral({ JWT_JWKS_URL: url, JWT_JWKS_FILE: path, JWT_SECRET: jwtSecret }, report);
  if (jwtSecret !== null && algorithms.join() !== JWT_VARIABLES.jwtAlgorithms.default) {
    const detail = `expected it unset, since tokens of JWT_SECRET are HS256; got ${algorithms.join()}`;
    report(JWT_VARIABLES.jwtAlgorithms.name, detail);
  }
  for (const [claim, { name }] of [
    [rules.actAsClaim, JWT_VARIABLES.jwtActAsClaim],
    [rules.actAsPrefixesClaim, JWT_VARIABLES.jwtActAsPrefixesClaim],
  ] as const)
    if (claim !== null && rules.userClaims.includes(claim))
      report(name, `expected another claim than JWT_USER_CLAIM, which every user's token has; got ${claim}`);
  if (rules.actAsClaim !== null && rules.actAsClaim === rules.actAsPrefixesClaim) {
    const detail = `expected another claim than JWT_ACT_AS_CLAIM, which lists whole ids; got ${rules.actAsClaim}`;
    report(JWT_VARIABLES.jwtActAsPrefixesClaim.name, detail);
  }
  const keys = jwtSecret === null ? placeOf({ issuer, url, path }) : null;
  if (keys === null && jwtSecret === null) return { jwt: null, jwtSecret };
  if (rules.audience.length === 0) {
    report(JWT_VARIABLES.jwtAudience.name, 'expected the audience of tokens, since tokens are accepted; got none');
  }
  if (keys?.at === 'issuer' && !(isTrustedUrl(keys.issuer) && !keys.issuer.includes('?'))) {
    const got = keys.issuer.includes('@') ? 'something else' : keys.issuer;
    const detail = `expected an https URL, at which the keys are found, or JWT_JWKS_URL, JWT_JWKS_FILE or JWT_SECRET beside it; got ${got}`;
    report(JWT_VARIABLES.jwtIssuer.name, detail);
  }
  return { jwt: { rules, keys }, jwtSecret };
}

function reportSeveral(places: Readonly<Record<string, string | null>>, report: Report): void {
  const names = Object.keys(places);
  const [first = '', ...others] = names.filter((name) => places[name] !== null);
  if (others.length === 0) return;
  report(first, `expected one of ${names.join(', ')}; got ${[first, ...others].join(' and ')}`);
}

function placeOf(given: Readonly<Record<'issuer' | 'url' | 'path', string | null>>): KeyPlace | null {
  if (given.url !== null) return { at: 'url', url: given.url };
  if (given.path !== null) return { at: 'file', path: given.path };
  return given.issuer === null ? null : { at: 'issuer', issuer: given.issuer };
}
