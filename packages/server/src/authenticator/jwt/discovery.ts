import { fetchDocument } from './http-document.ts';
import { mayHaveKeysAt } from './trusted-url.ts';

/** Where an issuer publishes its keys (OpenID Connect Discovery 1.0, 4). Errors: a sentence for the operator. */
export async function discoverKeys(issuer: string, signal: AbortSignal): Promise<string> {
  const document = await fetchDocument(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, signal);
  const { issuer: named, jwks_uri: url } = Object(JSON.parse(document)) as { issuer?: unknown; jwks_uri?: unknown };
  if (named !== issuer) {
    const got = typeof named === 'string' ? named.slice(0, 200) : 'none';
    throw new Error(
      `expected JWT_ISSUER to be the issuer as its configuration names it; got ${issuer}, and there ${got}`,
    );
  }
  if (typeof url !== 'string' || !mayHaveKeysAt(issuer, url)) {
    throw new Error(`expected the configuration of ${issuer} to name an https URL as jwks_uri; got something else`);
  }
  return url;
}
