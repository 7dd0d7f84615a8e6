/**
 * Algorithms with a public key, by the kind of key that fits. A secret's algorithm is never in this list: HS256 is for
 * JWT_SECRET only.
 */
export const KEY_KINDS = {
  RS256: 'rsa',
  RS384: 'rsa',
  RS512: 'rsa',
  PS256: 'rsa',
  PS384: 'rsa',
  PS512: 'rsa',
  ES256: 'P-256',
  ES384: 'P-384',
  ES512: 'P-521',
  EdDSA: 'ed25519',
} as const;

export type PublicKeyAlgorithm = keyof typeof KEY_KINDS;
export type Algorithm = PublicKeyAlgorithm | 'HS256';
export type KeyKind = (typeof KEY_KINDS)[PublicKeyAlgorithm];

export const PUBLIC_KEY_ALGORITHMS = Object.keys(KEY_KINDS) as PublicKeyAlgorithm[];
