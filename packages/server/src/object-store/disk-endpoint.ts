import { AppError } from '../domain/errors.ts';
import { imageIdOfIncoming, type ObjectKey } from '../domain/object-key.ts';
import { type DiskObjectStore, OBJECTS_PATH } from './disk.ts';
import { bodyOf } from './disk-object.ts';
import { storableKey } from './disk-path.ts';
import { type S3Error, s3Error, toXml } from './s3-error.ts';

export interface ObjectRequest {
  readonly method: string;
  /** Path and query as received: `/objects/<bucket>/<key>?...`. */
  readonly target: string;
  /** Host and port that clients call the service by, as in the presigned URL. */
  readonly host: string;
  readonly headers: Headers;
  readonly body: AsyncIterable<Uint8Array> | null;
  readonly requestId: string;
}

/** What becomes of an object that was just stored, before its sender is answered. */
export type AfterStore = (
  key: ObjectKey,
  received: { readonly sha256: string },
) => Promise<
  | { readonly outcome: 'kept' }
  | {
      readonly outcome: 'refused';
      readonly status: 400 | 409 | 412;
      readonly code: string;
      readonly message: string;
    }
>;

export interface DiskEndpointOptions {
  readonly store: DiskObjectStore;
  readonly maxUploadBytes: number;
  /** Hears the error behind a 5xx answer, whose cause the client is not told. */
  readonly onFailure: (error: unknown, requestId: string) => void;
}

/**
 * Answers presigned GET, HEAD and PUT under `/objects/<bucket>/<key>` by S3's rules, and nothing that isn't presigned.
 * CORS is not its business. Errors that have no S3 code are thrown.
 */
export function createDiskEndpoint({ store, maxUploadBytes, onFailure }: DiskEndpointOptions) {
  const tooLarge = (came: string): S3Error =>
    s3Error(
      'EntityTooLarge',
      `Your proposed upload exceeds the maximum allowed size of ${maxUploadBytes} bytes: ${came}`,
    );

  return async (request: ObjectRequest, afterStore: AfterStore): Promise<Response> => {
    try {
      return await answer(request, afterStore);
    } catch (error) {
      const failure = asS3Error(error);
      if (!failure) throw error;
      if (failure.status >= 500) onFailure(error, request.requestId);
      return refuse(request, failure);
    }
  };

  async function answer(request: ObjectRequest, afterStore: AfterStore): Promise<Response> {
    const method = METHODS.find((known) => known === request.method);
    if (!method)
      return refuse(request, s3Error('MethodNotAllowed', 'The specified method is not allowed against this resource.'));
    if (request.headers.has('authorization'))
      return refuse(
        request,
        s3Error('AccessDenied', 'Only presigned requests are served here: send no Authorization header'),
      );
    const { path, query } = split(request.target);
    const verdict = store.verify({ method, path, query, host: request.host, headers: request.headers });
    if (verdict.outcome === 'refused') return refuse(request, verdict.error);

    const bucketPath = `${OBJECTS_PATH}${store.bucket}/`;
    if (!verdict.path.startsWith(bucketPath))
      return refuse(request, s3Error('NoSuchBucket', 'The specified bucket does not exist'));
    const key = storableKey(verdict.path.slice(bucketPath.length));
    return method === 'PUT' ? receive(request, key, afterStore) : send(request, key, verdict.query);
  }

  async function receive(
    request: ObjectRequest,
    key: ObjectKey | undefined,
    afterStore: AfterStore,
  ): Promise<Response> {
    // Whatever was signed: verified bytes are nobody's to replace.
    if (key === undefined || imageIdOfIncoming(key) === undefined)
      return refuse(request, s3Error('AccessDenied', 'Only keys of uploads can be written'));
    const declared = request.headers.get('content-length');
    if (declared === null)
      return refuse(request, s3Error('MissingContentLength', 'You must provide the Content-Length HTTP header.'));
    const contentLength = /^\d+$/.test(declared) ? Number(declared) : undefined;
    if (contentLength === undefined)
      return refuse(request, s3Error('InvalidArgument', 'Content-Length: expected a number'));
    if (contentLength > maxUploadBytes) return refuse(request, tooLarge(`came ${contentLength}`));

    await using file = await store.stage(senderOf(request), { maxBytes: maxUploadBytes });
    if (file.sizeBytes !== contentLength) return refuse(request, INCOMPLETE);
    await store.put(key, file, { contentType: request.headers.get('content-type') ?? 'application/octet-stream' });
    const verdict = await afterStore(key, { sha256: file.sha256 });
    if (verdict.outcome === 'refused') return refuse(request, verdict);
    return new Response(null, {
      status: 200,
      headers: { ...SAFE_HEADERS, ETag: file.entityTag, 'Content-Length': '0' },
    });
  }

  async function send(
    request: ObjectRequest,
    key: ObjectKey | undefined,
    query: ReadonlyMap<string, string>,
  ): Promise<Response> {
    const type = query.get('response-content-type');
    const disposition = query.get('response-content-disposition');
    if ([type, disposition].some((value) => value !== undefined && !FIELD_VALUE.test(value)))
      return refuse(request, s3Error('InvalidArgument', 'Header value cannot be represented using ISO-8859-1.'));
    const object = key === undefined ? undefined : await store.open(key);
    if (!object) return refuse(request, s3Error('NoSuchKey', 'The specified key does not exist.'));

    const headers = new Headers(SAFE_HEADERS);
    headers.set('Content-Type', type || object.contentType);
    if (disposition) headers.set('Content-Disposition', disposition);
    headers.set('Content-Length', String(object.sizeBytes));
    headers.set('ETag', object.entityTag);
    headers.set('Last-Modified', object.lastModified.toUTCString());
    if (request.method === 'GET') return new Response(bodyOf(object), { status: 200, headers });
    await object[Symbol.asyncDispose]();
    return new Response(null, { status: 200, headers });
  }

  function asS3Error(error: unknown): S3Error | undefined {
    if (!(error instanceof AppError)) return undefined;
    switch (error.code) {
      case 'upload-too-large':
        return tooLarge('came more');
      case 'body-interrupted':
        return INCOMPLETE;
      case 'insufficient-storage':
        return s3Error('InsufficientStorage', 'The store is full.');
      case 'overloaded':
        return s3Error('SlowDown', 'Please reduce your request rate.');
      case 'unavailable':
      case 'decoder-failed':
        return s3Error('ServiceUnavailable', 'Please try again later.');
      default:
        return undefined;
    }
  }
}

const METHODS = ['GET', 'HEAD', 'PUT'] as const;

/** Stored bytes are strangers' bytes, whatever they claim to be: a browser may show them and nothing more. */
const SAFE_HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'cross-origin',
  'Content-Security-Policy': "sandbox; default-src 'none'",
} as const;

/** RFC 9110 5.5, in the bytes that `Headers` takes. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

const INCOMPLETE = s3Error(
  'IncompleteBody',
  'You did not provide the number of bytes specified by the Content-Length HTTP header.',
);

function split(target: string): { path: string; query: string } {
  const mark = target.indexOf('?');
  return mark < 0 ? { path: target, query: '' } : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/** The body, whose failures are all its sender's. */
async function* senderOf({ body }: ObjectRequest): AsyncGenerator<Uint8Array> {
  try {
    if (body) yield* body;
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('body-interrupted', 'expected the whole body; it broke off', { cause: error });
  }
}

function refuse(request: ObjectRequest, error: S3Error): Response {
  const headers = new Headers({ ...SAFE_HEADERS, 'Content-Type': 'application/xml' });
  if (error.status === 405) headers.set('Allow', METHODS.join(', '));
  if (error.status === 503) headers.set('Retry-After', RETRY_AFTER_SECONDS);
  const { path } = split(request.target);
  const body = request.method === 'HEAD' ? null : toXml(error, { resource: path, requestId: request.requestId });
  return new Response(body, { status: error.status, headers });
}

/** As S3's clients back off by themselves: the shortest that can be said. */
const RETRY_AFTER_SECONDS = '1';
