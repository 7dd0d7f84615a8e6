import { type ByteRange, parseRange } from '../domain/byte-range.ts';
import { isRangeCurrent, judgePreconditions } from '../domain/preconditions.ts';
import { bodyOf, type OpenObject } from './disk-object.ts';
import { storableKey } from './disk-path.ts';
import { type Endpoint, type ObjectRequest, SAFE_HEADERS } from './object-request.ts';
import { PRECONDITION_FAILED, type Refused, refuse } from './s3-error.ts';

/** Answers a GET or HEAD whose signature is good. */
export async function getObject(
  { store }: Pick<Endpoint, 'store'>,
  request: ObjectRequest,
  signed: {
    readonly key: string;
    readonly query: ReadonlyMap<string, string>;
    readonly secondsLeft: number;
  },
): Promise<Response | Refused> {
  const type = signed.query.get('response-content-type');
  const disposition = signed.query.get('response-content-disposition');
  const cacheControl = signed.query.get('response-cache-control');
  if ([type, disposition, cacheControl].some((value) => value !== undefined && !FIELD_VALUE.test(value)))
    return refuse('InvalidArgument', 'Header value cannot be represented using ISO-8859-1.');
  const key = storableKey(signed.key);
  const object = key === undefined ? undefined : await store.open(key);
  if (!object) return refuse('NoSuchKey', 'The specified key does not exist.');

  const headers = new Headers(SAFE_HEADERS);
  headers.set('Content-Type', type || object.contentType);
  if (disposition) headers.set('Content-Disposition', disposition);
  // A URL that has ended shows nothing any more, not from a cache either, but its signer may say otherwise, as on S3.
  headers.set('Cache-Control', cacheControl || `private, max-age=${signed.secondsLeft}`);
  const plan = planAnswer(request.headers, object, headers);
  if ('status' in plan && plan.status !== 304 && request.method === 'GET')
    return new Response(bodyOf(object, plan.range), { status: plan.status, headers });
  await object[Symbol.asyncDispose]();
  return 'status' in plan ? new Response(null, { status: plan.status, headers }) : plan;
}

/** Which bytes to answer, if any; adds to `headers` what is said of them. */
function planAnswer(
  asked: Headers,
  object: OpenObject,
  headers: Headers,
): { readonly status: 200 | 206 | 304; readonly range?: ByteRange } | Refused {
  const { sizeBytes, entityTag, lastModified } = object;
  const header = (name: string) => asked.get(name) ?? undefined;
  const verdict = judgePreconditions(header, object);
  if (verdict === 'failed') return PRECONDITION_FAILED;
  headers.set('ETag', entityTag);
  headers.set('Last-Modified', lastModified.toUTCString());
  headers.set('Accept-Ranges', 'bytes');
  if (verdict === 'not-modified') {
    headers.delete('Content-Type');
    headers.delete('Content-Disposition');
    return { status: 304 };
  }

  const range = isRangeCurrent(header, object) ? parseRange(header('range'), sizeBytes) : undefined;
  if (range === 'unsatisfiable')
    return refuse('InvalidRange', 'The requested range is not satisfiable', {
      'Content-Range': `bytes */${sizeBytes}`,
    });
  headers.set('Content-Length', String(range ? range.end - range.start + 1 : sizeBytes));
  if (!range) return { status: 200 };
  headers.set('Content-Range', `bytes ${range.start}-${range.end}/${sizeBytes}`);
  return { status: 206, range };
}

/** RFC 9110 5.5, in the bytes that `Headers` takes. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
