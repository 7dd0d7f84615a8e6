import { createHash, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { KEY_KINDS, type KeyKind, type PublicKeyAlgorithm } from './algorithms.ts';
import type { TokenHeader } from './compact-token.ts';

export interface SigningKey {
  /** Another key, or the same key under another name, has another id. */
  readonly id: string;
  readonly key: KeyObject;
}

/** The keys that an issuer signs with at one time. */
export interface SigningKeys {
  /** The key that a token's header means; undefined if no key fits, or several do. */
  find(header: TokenHeader): SigningKey | undefined;
  /** Whether the key with this id is still among them. */
  has(id: string): boolean;
}

/** RFC 7518 3.3. */
const MIN_RSA_BITS = 2_048;

interface PublicKey extends SigningKey {
  readonly kind: KeyKind;
  readonly kid: unknown;
  /** The only algorithm that the issuer uses the key for; undefined: any that fits its kind. */
  readonly alg: unknown;
}

/**
 * The usable keys of a JWKS (RFC 7517 5); the others are left out, as the RFC asks: keys for encryption, of unknown
 * kinds, too short, symmetric, or published with their private part. Errors: a sentence if the text is no JWKS.
 */
export function signingKeysIn(text: string): SigningKeys {
  const all = jwksIn(text).flatMap((jwk) => publicKeyOf(jwk) ?? []);
  const ids = new Set(all.map(({ id }) => id));
  return {
    find({ alg, kid }) {
      const kind = Object.hasOwn(KEY_KINDS, alg) ? KEY_KINDS[alg as PublicKeyAlgorithm] : undefined;
      const fitting = all.filter(
        (one) =>
          one.kind === kind && (one.alg === undefined || one.alg === alg) && (kid === undefined || one.kid === kid),
      );
      return fitting.length === 1 ? fitting[0] : undefined;
    },
    has: (id) => ids.has(id),
  };
}

/** The one key of an issuer that shares a secret with the service, whatever `kid` its tokens have. */
export function sharedKey(secret: string): SigningKeys {
  const key = { id: 'secret', key: createSecretKey(secret, 'utf8') };
  return { find: ({ alg }) => (alg === 'HS256' ? key : undefined), has: (id) => id === key.id };
}

function jwksIn(text: string): readonly unknown[] {
  const { keys } = Object(JSON.parse(text)) as { keys?: unknown };
  if (!Array.isArray(keys)) throw new Error('expected a JSON Web Key Set, {"keys": [...]}; got something else');
  return keys;
}

interface PublishedKey {
  readonly use?: unknown;
  readonly key_ops?: unknown;
  readonly kid?: unknown;
  readonly alg?: unknown;
  readonly d?: unknown;
}

function publicKeyOf(value: unknown): PublicKey | undefined {
  const jwk = Object(value) as PublishedKey;
  const { use, key_ops: uses, kid, alg, d } = jwk;
  if (d !== undefined || (use !== undefined && use !== 'sig')) return undefined;
  if (uses !== undefined && !(Array.isArray(uses) && uses.includes('verify'))) return undefined;
  const key = imported(jwk);
  const kind = key && kindOf(key);
  if (key === undefined || kind === undefined) return undefined;
  const spki = key.export({ type: 'spki', format: 'der' });
  const id = createHash('sha256')
    .update(JSON.stringify([kid, alg]))
    .update(spki)
    .digest('base64url');
  return { id, key, kind, kid, alg };
}

function imported(jwk: object): KeyObject | undefined {
  try {
    return createPublicKey({ key: { ...jwk }, format: 'jwk' });
  } catch {
    return undefined;
  }
}

const CURVES: Readonly<Record<string, KeyKind>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };

function kindOf({ asymmetricKeyType: type, asymmetricKeyDetails: details = {} }: KeyObject): KeyKind | undefined {
  if (type === 'rsa') return (details.modulusLength ?? 0) >= MIN_RSA_BITS ? 'rsa' : undefined;
  if (type === 'ec') return CURVES[details.namedCurve ?? ''];
  return type === 'ed25519' ? type : undefined;
}
