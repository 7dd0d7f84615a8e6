import { unauthenticated } from '../credential.ts';

/** The header of a token in compact form (RFC 7515 7.1), not verified yet. */
export interface TokenHeader {
  readonly alg: string;
  /** Only ever compared with the ids of known keys. */
  readonly kid: string | undefined;
}

/**
 * Header and claims are JSON, so a token has two dots and no other characters than base64url's. The signature of `alg:
 * none` is empty.
 */
const SHAPE = /^[\w-]+\.[\w-]+\.[\w-]*$/;

export const looksLikeJwt = (credential: string): boolean => SHAPE.test(credential);

/**
 * Headers that bring a key, or change how the token is read (RFC 7515 4.1, RFC 7797). None of our issuers needs one.
 */
const REFUSED_HEADERS = ['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64'];

/** RFC 7519 5.1, RFC 9068 2.1. Refuses ID tokens of logouts, DPoP proofs, client assertions and the like. */
const TYPES = ['jwt', 'at+jwt'];

const MAX_KID_LENGTH = 256;
/** No id of a key: a parent folder, a Windows path, a URL, a control character. Base64 ids may contain a slash. */
const NOT_A_KID = /\.\.|\\|:\/\/|\p{Cc}/u;

/** Errors: `unauthenticated` for a header that no honest token has. */
export function headerOf(token: string): TokenHeader {
  const [header = '', claims = '', signature = ''] = token.split('.');
  for (const part of [claims, signature]) bytesOf(part);
  const fields = objectIn(bytesOf(header).toString());
  if (REFUSED_HEADERS.some((name) => Object.hasOwn(fields, name))) throw unauthenticated('refused-header');
  const { alg, kid, typ } = fields;
  if (typeof alg !== 'string') throw unauthenticated('malformed');
  if (typ !== undefined && !isAcceptedType(typ)) throw unauthenticated('wrong-type');
  if (kid !== undefined && !isKeyId(kid)) throw unauthenticated('refused-header');
  return { alg, kid };
}

/** Only the canonical encoding: the last character of another one has bits that no decoder reads. */
function bytesOf(part: string): Buffer {
  const bytes = Buffer.from(part, 'base64url');
  if (bytes.toString('base64url') !== part) throw unauthenticated('malformed');
  return bytes;
}

function objectIn(text: string): { readonly alg?: unknown; readonly kid?: unknown; readonly typ?: unknown } {
  const value = parsed(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unauthenticated('malformed');
  return value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isAcceptedType = (typ: unknown): boolean =>
  typeof typ === 'string' && TYPES.includes(typ.toLowerCase().replace(/^application\//, ''));

const isKeyId = (kid: unknown): kid is string =>
  typeof kid === 'string' && kid.length <= MAX_KID_LENGTH && !NOT_A_KID.test(kid);
