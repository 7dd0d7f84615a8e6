import { type Asking, fetchDocument } from './http-document.ts';
import { mayLeadTo } from './trusted-url.ts';

/** An issuer's configuration (OpenID Connect Discovery 1.0, 4). Errors: a sentence for the operator. */
async function discover(issuer: string, asking: Asking): Promise<Readonly<Record<string, unknown>>> {
  const text = await fetchDocument(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, asking);
  const document = Object(JSON.parse(text)) as Record<string, unknown>;
  const named = document['issuer'];
  if (named === issuer) return document;
  const got = typeof named === 'string' ? named.slice(0, 200) : 'none';
  throw new Error(
    `expected JWT_ISSUER to be the issuer as its configuration names it; got ${issuer}, and there ${got}`,
  );
}

/** Where an issuer publishes its keys. Errors: a sentence for the operator. */
export async function discoverKeys(issuer: string, asking: Asking): Promise<string> {
  const { jwks_uri: url } = await discover(issuer, asking);
  if (typeof url === 'string' && mayLeadTo(issuer, url)) return url;
  throw new Error(`expected the configuration of ${issuer} to name an https URL as jwks_uri; got something else`);
}

/** What a page calls with `fetch`; the other endpoints are visited. */
const CALLED = ['token_endpoint', 'revocation_endpoint'] as const;

/** The origins that a page calls to sign somebody in: the issuer's first. Errors: a sentence for the operator. */
export async function discoverOrigins(issuer: string, asking: Asking): Promise<readonly string[]> {
  const document = await discover(issuer, asking);
  const urls = CALLED.map((name) => document[name]).filter(
    (url): url is string => typeof url === 'string' && mayLeadTo(issuer, url),
  );
  return [...new Set([issuer, ...urls].map((url) => new URL(url).origin))];
}
