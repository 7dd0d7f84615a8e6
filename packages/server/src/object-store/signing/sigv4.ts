import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';
import { AppError } from '../../domain/errors.ts';
import { rememberLast } from '../../domain/remember.ts';

/**
 * AWS Signature Version 4 in the query of a URL or the fields of a form, for S3: canonical form, keys, presigning.
 * Verifying is in sigv4-verify.ts and object-store/endpoint/form-verify.ts. Sources: "Authenticating Requests: Using
 * Query Parameters" and "Authenticating Requests in Browser-Based Uploads Using POST", Amazon S3 API Reference.
 */
export const ALGORITHM = 'AWS4-HMAC-SHA256';
export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';
/** Seven days: S3's limit for a presigned URL. */
export const MAX_EXPIRY_SECONDS = 604_800;

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface Signer {
  /**
   * A URL that is valid for one method until `now`'s second + `expiresInSeconds`. Errors: `internal` for an expiry that
   * S3 refuses.
   */
  presign(input: PresignInput): string;
  /**
   * The fields of a form that is valid for one object until the same moment, with its policy and signature. Same
   * errors.
   */
  signForm(input: FormInput): Readonly<Record<string, string>>;
}

export interface PresignInput {
  readonly method: string;
  /** Scheme, host and port as clients reach them: `https://bucket.s3.amazonaws.com`, `http://127.0.0.1:8000`. */
  readonly origin: string;
  /** Starts with `/`, not encoded and never normalized: `/bucket/key`, or `/key` if the host names the bucket. */
  readonly path: string;
  /** Headers that the client must send unchanged; Host is always signed. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Parameters other than the signature's own. */
  readonly query?: Readonly<Record<string, string>>;
  /** 1 to 604,800. */
  readonly expiresInSeconds: number;
  readonly now: Date;
}

export interface FormInput {
  readonly bucket: string;
  readonly key: string;
  /** Fields that the client must send unchanged. */
  readonly fields: Readonly<Record<string, string>>;
  /** Conditions other than those on the fields, the bucket and the key: `['content-length-range', 1, 1000]`. */
  readonly conditions: readonly (readonly [operator: string, ...operands: (string | number)[]])[];
  /** 1 to 604,800. */
  readonly expiresInSeconds: number;
  readonly now: Date;
}

export function createSigner(options: { credentials: Credentials; region: string }): Signer {
  const { credentials, region } = options;
  const signingKey = createSigningKeys(credentials, region);
  const token = credentials.sessionToken === undefined ? undefined : encode(credentials.sessionToken);
  const hostOf = rememberLast((origin: string) => new URL(origin));
  const stampOf = rememberLast((second: number) => {
    const date = amzDate(second);
    const scope = scopeOf(date.slice(0, 8), region);
    const credential = `${credentials.accessKeyId}/${scope}`;
    return { date, scope, credential, encodedCredential: encode(credential) };
  });

  return {
    presign({ method, origin, path, headers = {}, query = {}, expiresInSeconds, now }) {
      requireExpiry(expiresInSeconds);
      const { protocol, host } = hostOf(origin);
      const { date, scope, encodedCredential } = stampOf(secondOf(now));
      const signed = canonicalHeaders([['host', host], ...Object.entries(headers)]);

      const parameters: Parameter[] = Object.entries(query).map(([name, value]) => [encode(name), encode(value)]);
      parameters.push(['X-Amz-Algorithm', ALGORITHM]);
      parameters.push(['X-Amz-Credential', encodedCredential]);
      parameters.push(['X-Amz-Date', date]);
      parameters.push(['X-Amz-Expires', String(expiresInSeconds)]);
      if (token !== undefined) parameters.push(['X-Amz-Security-Token', token]);
      parameters.push(['X-Amz-SignedHeaders', encode(signed.names)]);

      const encodedPath = encodePath(path);
      const canonicalQuery = sortedQuery(parameters);
      const key = signingKey(date.slice(0, 8));
      const signature = sign({ key, date, scope, method, path: encodedPath, query: canonicalQuery, headers: signed });
      // Both sort last among X-Amz-*; of the two the signature is first, as in the SDK's URLs.
      const at = canonicalQuery.indexOf('X-Amz-SignedHeaders=');
      return `${protocol}//${host}${encodedPath}?${canonicalQuery.slice(0, at)}X-Amz-Signature=${signature}&${canonicalQuery.slice(at)}`;
    },

    signForm({ bucket, key, fields, conditions, expiresInSeconds, now }) {
      requireExpiry(expiresInSeconds);
      const { date, credential } = stampOf(secondOf(now));
      const signed = {
        ...fields,
        bucket,
        'X-Amz-Algorithm': ALGORITHM,
        'X-Amz-Credential': credential,
        'X-Amz-Date': date,
        ...(credentials.sessionToken === undefined ? {} : { 'X-Amz-Security-Token': credentials.sessionToken }),
      };
      const document = {
        expiration: new Date((secondOf(now) + expiresInSeconds) * 1000).toISOString().replace('.000Z', 'Z'),
        conditions: [...conditions, ...Object.entries(signed).map(([name, value]) => ({ [name]: value })), { key }],
      };
      const policy = Buffer.from(JSON.stringify(document)).toString('base64');
      return { ...signed, key, Policy: policy, 'X-Amz-Signature': signPolicy(signingKey(date.slice(0, 8)), policy) };
    },
  };
}

function requireExpiry(seconds: number): void {
  if (isExpiry(seconds)) return;
  throw new AppError('internal', `expiry: expected 1 to ${MAX_EXPIRY_SECONDS} whole seconds; got ${seconds}`);
}

const secondOf = (time: Date): number => Math.floor(time.getTime() / 1000);

/** Name and value, both percent-encoded. */
export type Parameter = readonly [name: string, value: string];

export const isExpiry = (seconds: number): boolean =>
  Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_EXPIRY_SECONDS;

/** `20130524T000000Z` of a Unix time in seconds. */
const amzDate = (second: number): string => new Date(second * 1000).toISOString().replace(/[-:]|\.\d{3}/g, '');

export const scopeOf = (day: string, region: string): string => `${day}/${region}/s3/aws4_request`;

/** RFC 3986: encodes everything except unreserved characters, as AWS requires; `text` must be well-formed Unicode. */
export const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);

/** Keeps slashes; S3 encodes a path once and doesn't normalize `.`, `..` and `//`. */
export const encodePath = (path: string): string => encode(path).replaceAll('%2F', '/');

/** By name, then value, in the order of their encoded characters. */
export const sortedQuery = (parameters: readonly Parameter[]): string =>
  [...parameters]
    .sort(([name, value], [otherName, otherValue]) => order(name, otherName) || order(value, otherValue))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');

const order = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

export interface CanonicalHeaders {
  /** `content-type;host` */
  readonly names: string;
  /** One line each, with its line feed. */
  readonly lines: string;
}

export const canonicalHeaders = (headers: readonly (readonly [name: string, value: string])[]): CanonicalHeaders => {
  const sorted = headers
    .map(([name, value]) => [name.toLowerCase(), value.replace(/\s+/g, ' ').trim()] as const)
    .sort(([name], [other]) => order(name, other));
  return {
    names: sorted.map(([name]) => name).join(';'),
    lines: sorted.map(([name, value]) => `${name}:${value}\n`).join(''),
  };
};

export interface SignatureInput {
  readonly key: KeyObject;
  readonly date: string;
  readonly scope: string;
  readonly method: string;
  readonly path: string;
  /** Without X-Amz-Signature. */
  readonly query: string;
  readonly headers: CanonicalHeaders;
}

/** 64 lower-case hex digits. A presigned body is never hashed; UNSIGNED-PAYLOAD stands in its place. */
export const sign = ({ key, date, scope, method, path, query, headers }: SignatureInput): string => {
  const request = `${method}\n${path}\n${query}\n${headers.lines}\n${headers.names}\n${UNSIGNED_PAYLOAD}`;
  return createHmac('sha256', key)
    .update(`${ALGORITHM}\n${date}\n${scope}\n${hash('sha256', request)}`)
    .digest('hex');
};

/** 64 lower-case hex digits: the signature of the policy's base64 text. */
export const signPolicy = (key: KeyObject, policy: string): string =>
  createHmac('sha256', key).update(policy).digest('hex');

/** The key for a day, service and region (AWS General Reference, "Derive the signing key"). */
export const deriveSigningKey = (secretAccessKey: string, day: string, region: string, service: string): Buffer =>
  [day, region, service, 'aws4_request'].reduce(
    (key, part) => createHmac('sha256', key).update(part).digest(),
    Buffer.from(`AWS4${secretAccessKey}`),
  );

/** More days than can be valid at once: a week of expiry, plus a day at either end. */
const CACHED_DAYS = 10;

/** Keys by day, cached as KeyObjects: an HMAC with one costs a sixth of one with a Buffer. */
const createSigningKeys = (credentials: Credentials, region: string): ((day: string) => KeyObject) => {
  const cached = new Map<string, KeyObject>();
  return (day) => {
    const known = cached.get(day);
    if (known) return known;
    const key = createSecretKey(deriveSigningKey(credentials.secretAccessKey, day, region, 's3'));
    if (cached.size >= CACHED_DAYS) cached.clear();
    cached.set(day, key);
    return key;
  };
};

/** Signing keys of a day, by access key id. */
export const createKeyring = (
  credentials: readonly Credentials[],
  region: string,
): ReadonlyMap<string, (day: string) => KeyObject> =>
  new Map(credentials.map((one) => [one.accessKeyId, createSigningKeys(one, region)]));
