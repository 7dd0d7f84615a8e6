import { isTrustedUrl } from '../../../callers/authenticator/jwt/trusted-url.ts';
import { expected, optionalText, type Read, variable } from '../variable.ts';
import type { JwtConfig } from './jwt-config.ts';

/** How people sign in to the gallery. */
export interface OidcConfig {
  readonly issuer: string;
  readonly clientId: string;
  readonly scopes: string;
  readonly resource: string | null;
}

/** Scope tokens of RFC 6749 3.3, separated by single spaces. */
const SCOPES = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/;

export const OIDC_VARIABLES = {
  oidcClientId: variable({
    name: 'OIDC_CLIENT_ID',
    group: 'callers',
    default: '',
    about:
      'The client id of the gallery at the issuer `JWT_ISSUER`, where people then sign in (OpenID Connect): a public client without a secret, with the redirect URI `PUBLIC_URL/signed-in`. Needs `AUTH=jwt` and PUBLIC_URL. Unset: people paste an API key or an upload token.',
    parse: optionalText,
  }),
  oidcScopes: variable({
    name: 'OIDC_SCOPES',
    group: 'callers',
    default: 'openid',
    about:
      'With OIDC_CLIENT_ID, the scopes that the gallery requests, separated by spaces; `openid` is one of them. Add `offline_access` for refresh tokens, if the issuer rotates them.',
    parse: (given) =>
      SCOPES.test(given) && given.split(' ').includes('openid')
        ? given
        : expected('scopes separated by single spaces, openid among them'),
  }),
} as const;

export interface OidcNeeds {
  readonly auth: readonly string[];
  readonly jwt: JwtConfig | null;
  readonly publicUrl: string | null;
}

/** null: the issuer isn't asked to sign anybody in. Reports what would fail at the first attempt. */
export function readOidc(
  read: Read,
  { auth, jwt, publicUrl }: OidcNeeds,
  report: (name: string, detail: string) => void,
): OidcConfig | null {
  const clientId = read(OIDC_VARIABLES.oidcClientId);
  const scopes = read(OIDC_VARIABLES.oidcScopes);
  if (clientId === null) return null;
  const { name } = OIDC_VARIABLES.oidcClientId;
  const issuer = jwt?.rules.issuer ?? null;
  if (!auth.includes('jwt')) {
    report(name, `expected it unset, or AUTH=jwt, which accepts the issuer's tokens; got ${clientId}`);
  } else if (issuer === null || !isTrustedUrl(issuer) || issuer.includes('?')) {
    report(name, `expected it unset, or JWT_ISSUER as an https URL, where people sign in; got ${clientId}`);
  } else if (publicUrl === null || !isTrustedUrl(publicUrl)) {
    report(
      name,
      `expected it unset, or PUBLIC_URL with https (or on this machine), where people return; got ${clientId}`,
    );
  } else {
    return { issuer, clientId, scopes, resource: resourceOf(jwt) };
  }
  return null;
}

/**
 * Issuers such as Auth0 make a token that can be verified only for an API that is named; elsewhere an audience is no
 * address.
 */
function resourceOf(jwt: JwtConfig | null): string | null {
  const [audience = ''] = jwt?.rules.audience ?? [];
  return jwt?.rules.audienceClaim === 'aud' && /^https?:\/\//.test(audience) && URL.canParse(audience)
    ? audience
    : null;
}
