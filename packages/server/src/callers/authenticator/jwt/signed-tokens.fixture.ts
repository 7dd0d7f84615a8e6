import { constants, createHmac, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto';

/** A key pair of an issuer, and its public half as a JWKS has it. */
export interface IssuerKey {
  readonly alg: 'RS256' | 'PS256' | 'ES256' | 'EdDSA';
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly jwk: JsonWebKey & { readonly kid: string; readonly alg?: string; readonly use: 'sig' };
}

export function issuerKey(kid: string, alg: IssuerKey['alg'] = 'ES256'): IssuerKey {
  const { publicKey, privateKey } = pairFor(alg);
  return { alg, kid, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' } };
}

function pairFor(alg: IssuerKey['alg']) {
  if (alg === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return alg === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('rsa', { modulusLength: 2_048 });
}

/** Text and bytes as they are, everything else as JSON. */
export const encoded = (value: unknown): string =>
  (value instanceof Buffer ? value : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))).toString(
    'base64url',
  );

/**
 * A token by node:crypto, so that tests don't take one library's word. `header` adds to the key's, or replaces parts of
 * it.
 */
export function signed(key: IssuerKey, claims: unknown, header: Readonly<Record<string, unknown>> = {}): string {
  const input = `${encoded({ alg: key.alg, kid: key.kid, ...header })}.${encoded(claims)}`;
  return `${input}.${signatureOf(key, Buffer.from(input)).toString('base64url')}`;
}

function signatureOf({ alg, privateKey }: IssuerKey, input: Buffer): Buffer {
  if (alg === 'EdDSA') return sign(null, input, privateKey);
  if (alg === 'ES256') return sign('sha256', input, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return sign(
    'sha256',
    input,
    alg === 'PS256' ? { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : privateKey,
  );
}

/** A token with a MAC: HS256 by default. */
export function sealed(
  secret: string | Buffer,
  claims: unknown,
  header: Readonly<Record<string, unknown>> = {},
): string {
  const input = `${encoded({ alg: 'HS256', typ: 'JWT', ...header })}.${encoded(claims)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}
