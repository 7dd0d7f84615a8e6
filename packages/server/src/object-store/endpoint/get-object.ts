import { type ByteRange, parseRange } from '../../http-semantics/byte-range.ts';
import { isRangeCurrent, judgePreconditions } from '../../http-semantics/preconditions.ts';
import type { HeldObject } from '../disk/object.ts';
import { storableKey } from '../disk/path.ts';
import type { MayServe, ObjectAnswer, ObjectHeaders, ObjectRequest } from '../object-endpoint.ts';
import { type Refused, refuse } from '../signing/s3-error.ts';
import { type Endpoint, PRECONDITION_FAILED, SAFE_HEADERS } from './object-request.ts';

/** Answers a GET or HEAD with a valid signature. */
export async function getObject(
  { store }: Pick<Endpoint, 'store'>,
  request: ObjectRequest,
  signed: {
    readonly key: string;
    readonly query: ReadonlyMap<string, string>;
    readonly secondsLeft: number;
  },
  mayServe: MayServe,
): Promise<ObjectAnswer | Refused> {
  const type = signed.query.get('response-content-type');
  const disposition = signed.query.get('response-content-disposition');
  const cacheControl = signed.query.get('response-cache-control');
  if ([type, disposition, cacheControl].some((value) => value !== undefined && !FIELD_VALUE.test(value)))
    return refuse('InvalidArgument', 'Header value cannot be represented using ISO-8859-1.');
  const key = storableKey(signed.key);
  const object = key !== undefined && (await mayServe(key)) ? await store.hold(key) : undefined;
  if (!object) return refuse('NoSuchKey', 'The specified key does not exist.');

  const plan = planAnswer(request.headers, object);
  const isWanted = 'status' in plan && plan.status !== 304 && request.method === 'GET';
  const body = isWanted ? await object.body(plan.range) : null;
  if (!isWanted) await object[Symbol.asyncDispose]();
  if (!('status' in plan)) return plan;
  const headers = {
    ...SAFE_HEADERS,
    // An expired URL must not be served from a cache either. The signer may override this, as on S3.
    'cache-control': cacheControl || `private, max-age=${signed.secondsLeft}`,
    ...(plan.status !== 304 && { 'content-type': type || object.contentType }),
    ...(plan.status !== 304 && disposition && { 'content-disposition': disposition }),
    ...plan.headers,
  };
  return { status: plan.status, headers, body };
}

interface Plan {
  readonly status: 200 | 206 | 304;
  /** The headers that describe the answer rather than the bytes. */
  readonly headers: ObjectHeaders;
  readonly range?: ByteRange;
}

/** Which bytes to send, if any. */
function planAnswer(asked: Headers, object: HeldObject): Plan | Refused {
  const { sizeBytes, entityTag, lastModified } = object;
  const header = (name: string) => asked.get(name) ?? undefined;
  const verdict = judgePreconditions(header, object);
  if (verdict === 'failed') return PRECONDITION_FAILED;
  const headers = { etag: entityTag, 'last-modified': lastModified.toUTCString(), 'accept-ranges': 'bytes' };
  if (verdict === 'not-modified') return { status: 304, headers };

  const range = isRangeCurrent(header, object) ? parseRange(header('range'), sizeBytes) : undefined;
  if (range === 'unsatisfiable')
    return refuse('InvalidRange', 'The requested range is not satisfiable', {
      'content-range': `bytes */${sizeBytes}`,
    });
  if (!range) return { status: 200, headers: { ...headers, 'content-length': String(sizeBytes) } };
  const { start, end } = range;
  const part = { 'content-length': String(end - start + 1), 'content-range': `bytes ${start}-${end}/${sizeBytes}` };
  return { status: 206, headers: { ...headers, ...part }, range };
}

/** A field value (RFC 9110 5.5), limited to the bytes that `Headers` accepts. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
