import { timingSafeEqual } from 'node:crypto';
import { misSigned, type SignedValues } from './mis-signed.ts';
import { type Refused, refuse } from './s3-error.ts';
import {
  ALGORITHM,
  type Credentials,
  canonicalHeaders,
  createKeyring,
  encode,
  encodePath,
  isExpiry,
  MAX_EXPIRY_SECONDS,
  type Parameter,
  scopeOf,
  sign,
  sortedQuery,
} from './sigv4.ts';

export interface Verifier {
  /** Verifies a request by S3's rules. Never throws, for any input. */
  verify(request: ReceivedRequest, now: Date): Verdict;
}

export interface ReceivedRequest {
  readonly method: string;
  /** As received, still encoded, without the query. */
  readonly path: string;
  /** As received, without the `?`. */
  readonly query: string;
  /** Host and port that the URL must have been signed for. */
  readonly host: string;
  readonly headers: Headers;
}

export type Verdict =
  | {
      readonly outcome: 'verified';
      readonly path: string;
      readonly query: ReadonlyMap<string, string>;
      /** Whole seconds until the request expires. */
      readonly secondsLeft: number;
    }
  | Refused;

const REQUIRED = [
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-SignedHeaders',
  'X-Amz-Signature',
] as const;

/** How far a signer's clock may be ahead of ours (S3's limit, in milliseconds). */
const MAX_SKEW = 15 * 60_000;

/** Lower-case tokens (RFC 9110 5.6.2), which `Headers` can look up without throwing. */
const SIGNED_HEADERS = /^[a-z0-9!#$%&'*+.^_`|~-]+(?:;[a-z0-9!#$%&'*+.^_`|~-]+)*$/;

/** Any of the credentials may have signed: URLs stay valid while a secret is rotated. */
export function createVerifier(options: { credentials: readonly Credentials[]; region: string }): Verifier {
  const { region } = options;
  const keyring = createKeyring(options.credentials, region);

  return {
    verify(request, now) {
      const path = decode(request.path);
      const parameters = parseQuery(request.query);
      if (path === undefined || parameters === undefined)
        return refuse('InvalidURI', "Couldn't parse the specified URI.");
      const query = new Map(parameters);
      const claims = readClaims(parameters, query, region);
      if ('outcome' in claims) return claims;

      const signingKey = keyring.get(claims.accessKeyId);
      if (!signingKey)
        return refuse('InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.');
      if (claims.signedAt - now.getTime() > MAX_SKEW) return refuse('AccessDenied', 'Request is not valid yet');
      const msLeft = claims.signedAt + claims.expiresInSeconds * 1000 - now.getTime();
      if (msLeft <= 0) return refuse('AccessDenied', 'Request has expired');
      const unsigned = [...request.headers.keys()].find(
        (name) => name.startsWith('x-amz-') && !claims.signedHeaders.includes(name),
      );
      if (unsigned)
        return refuse('AccessDenied', `There were headers present in the request which were not signed: ${unsigned}`);

      const signing = {
        key: signingKey(claims.date.slice(0, 8)),
        date: claims.date,
        scope: scopeOf(claims.date.slice(0, 8), region),
        method: request.method,
        path: encodePath(path),
        query: sortedQuery(parameters.filter(([name]) => name !== 'X-Amz-Signature').map(encodeParameter)),
      };
      const isSigned = (values: SignedValues): boolean => {
        const headers = canonicalHeaders([...values].map(([name, value = '']) => [name, value]));
        return isSameSignature(sign({ ...signing, headers }), claims.signature);
      };
      const sent = new Map(
        claims.signedHeaders.map((name) => [
          name,
          name === 'host' ? request.host : (request.headers.get(name) ?? undefined),
        ]),
      );
      if (!isSigned(sent)) return misSigned({ method: request.method, query, sent, isSigned });
      return { outcome: 'verified', path, query, secondsLeft: Math.floor(msLeft / 1000) };
    },
  };
}

interface Claims {
  readonly accessKeyId: string;
  /** The signed text: `20130524T000000Z`. */
  readonly date: string;
  /** Unix time in milliseconds. */
  readonly signedAt: number;
  readonly expiresInSeconds: number;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/** The parsed parameters of a presigned URL; the signature isn't verified yet. */
function readClaims(
  parameters: readonly Parameter[],
  query: ReadonlyMap<string, string>,
  region: string,
): Claims | Refused {
  if (!REQUIRED.some((name) => query.has(name)))
    return refuse('AccessDenied', 'Access Denied: only presigned requests are served');
  const missing = REQUIRED.filter((name) => !query.get(name));
  if (missing.length > 0) return malformed(`expected ${REQUIRED.join(', ')}; missing ${missing.join(', ')}`);
  const amz = parameters.map(([name]) => name).filter((name) => name.startsWith('X-Amz-'));
  if (new Set(amz).size < amz.length) return malformed('expected every X-Amz-* parameter once; got one twice');

  const value = (name: (typeof REQUIRED)[number]): string => query.get(name) ?? '';
  if (value('X-Amz-Algorithm') !== ALGORITHM) return malformed(`X-Amz-Algorithm only supports "${ALGORITHM}"`);

  const date = value('X-Amz-Date');
  const signedAt = parseAmzDate(date);
  if (signedAt === undefined)
    return malformed("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");

  const credential = value('X-Amz-Credential');
  const scopeStart = credential.indexOf('/');
  const scope = scopeOf(date.slice(0, 8), region);
  if (scopeStart < 1 || credential.slice(scopeStart + 1) !== scope)
    return malformed(`X-Amz-Credential: expected "<YOUR-AKID>/${scope}"; got "${credential}"`);

  const expires = value('X-Amz-Expires');
  if (!/^\d{1,9}$/.test(expires) || !isExpiry(Number(expires)))
    return malformed(`X-Amz-Expires: expected 1 to ${MAX_EXPIRY_SECONDS} seconds; got "${expires}"`);

  const signedHeaders = value('X-Amz-SignedHeaders');
  const names = signedHeaders.split(';');
  if (!SIGNED_HEADERS.test(signedHeaders) || !names.includes('host'))
    return malformed('X-Amz-SignedHeaders: expected lower-case names, host among them, joined by ";"');

  return {
    accessKeyId: credential.slice(0, scopeStart),
    date,
    signedAt,
    expiresInSeconds: Number(expires),
    signedHeaders: names,
    signature: value('X-Amz-Signature'),
  };
}

const malformed = (message: string): Refused => refuse('AuthorizationQueryParametersError', message);

/** Milliseconds of `20130524T000000Z`; undefined for anything else. */
export function parseAmzDate(text: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? undefined : time;
}

/** Decodes once; undefined for malformed escapes, bytes that aren't UTF-8, and lone surrogates. */
function decode(text: string): string | undefined {
  if (!text.isWellFormed()) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Decoded pairs in their order; `+` is a space, as in forms. Undefined if malformed. */
function parseQuery(query: string): Parameter[] | undefined {
  const parameters: Parameter[] = [];
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    const name = decode((equals < 0 ? pair : pair.slice(0, equals)).replaceAll('+', ' '));
    const value = decode(equals < 0 ? '' : pair.slice(equals + 1).replaceAll('+', ' '));
    if (name === undefined || value === undefined) return undefined;
    parameters.push([name, value]);
  }
  return parameters;
}

const encodeParameter = ([name, value]: Parameter): Parameter => [encode(name), encode(value)];

/** Compares in constant time. */
export const isSameSignature = (expected: string, given: string): boolean => {
  const [one, other] = [Buffer.from(expected), Buffer.from(given)];
  return one.length === other.length && timingSafeEqual(one, other);
};
