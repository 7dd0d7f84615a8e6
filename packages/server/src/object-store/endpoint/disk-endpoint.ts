import { AppError } from '../../domain/errors.ts';
import type { Observer } from '../../observe/observer/observer.ts';
import type { ObjectAnswer, ObjectRequest, ObjectRules } from '../object-endpoint.ts';
import { type Refused, refuse } from '../signing/s3-error.ts';
import { OBJECTS_PATH } from './endpoint-presigner.ts';
import { getObject } from './get-object.ts';
import { type Endpoint, errorAnswer, INCOMPLETE, splitTarget, tooLarge } from './object-request.ts';
import { postObject } from './post-object.ts';
import { putObject } from './put-object.ts';
import { isPart, putPart } from './put-part.ts';

export interface DiskEndpointOptions extends Endpoint {
  readonly observe: Observer;
}

/**
 * Answers presigned GET, HEAD and PUT under `/objects/<bucket>/<key>` and presigned forms under `/objects/<bucket>` by
 * S3's rules; refuses everything else. CORS is handled elsewhere. Errors without an S3 code are thrown.
 */
export function createDiskEndpoint({ observe, ...endpoint }: DiskEndpointOptions) {
  const { store, presigner } = endpoint;

  return async (request: ObjectRequest, rules: ObjectRules): Promise<ObjectAnswer> => {
    try {
      const answered = await answer(request, rules);
      return 'status' in answered ? answered : errorAnswer(request, answered.error);
    } catch (error) {
      const failure = asRefused(error);
      if (!failure) throw error;
      if (failure.error.status >= 500 && !isExpected(error))
        observe({ event: 'request-failed', requestId: request.requestId, error });
      return errorAnswer(request, failure.error);
    }
  };

  async function answer(request: ObjectRequest, rules: ObjectRules): Promise<ObjectAnswer | Refused> {
    const { path, query } = splitTarget(request.target);
    const isPost = request.method === 'POST' && query === '' && BUCKET_PATH.test(path);
    const method = METHODS.find((known) => known === request.method);
    if (!method && !isPost)
      return refuse(
        'MethodNotAllowed',
        `The specified method is not allowed against this resource: expected ${METHODS.join(', ')}, as signed; got ${request.method}`,
        { allow: METHODS.join(', ') },
      );
    if (request.headers.has('authorization'))
      return refuse('AccessDenied', 'Only presigned requests are served here: send no Authorization header');
    if (!method) {
      const isOurs = path.replace(/\/$/, '') === `${OBJECTS_PATH}${store.bucket}`;
      return isOurs ? postObject(endpoint, request, rules) : NO_SUCH_BUCKET;
    }

    const { host } = new URL(request.origin);
    const verdict = presigner.verify({ method, path, query, host, headers: request.headers });
    if (verdict.outcome === 'refused') return verdict;
    const bucketPath = `${OBJECTS_PATH}${store.bucket}/`;
    if (!verdict.path.startsWith(bucketPath)) return NO_SUCH_BUCKET;
    const { query: parameters, secondsLeft } = verdict;
    const signed = { key: verdict.path.slice(bucketPath.length), query: parameters, secondsLeft };
    if (method !== 'PUT') return getObject(endpoint, request, signed, rules.mayServe);
    return isPart(parameters) ? putPart(endpoint, request, signed, rules) : putObject(endpoint, request, signed, rules);
  }
}

/** The methods of an object; a bucket's is POST. */
const METHODS = ['GET', 'HEAD', 'PUT'] as const;

const BUCKET_PATH = /^\/objects\/[^/]+\/?$/;

const NO_SUCH_BUCKET = refuse('NoSuchBucket', 'The specified bucket does not exist');

/** S3's clients have their own backoff, so the default is the shortest possible. */
const retryAfter = ({ retryAfterSeconds = 1 }: AppError) => ({ 'retry-after': String(retryAfterSeconds) });

const isExpected = (error: unknown): boolean => error instanceof AppError && error.isExpected;

function asRefused(error: unknown): Refused | undefined {
  if (!(error instanceof AppError)) return undefined;
  switch (error.code) {
    case 'upload-too-large':
      return tooLarge(error.detail);
    case 'body-interrupted':
      return INCOMPLETE;
    case 'malformed-body':
      return refuse('MalformedPOSTRequest', 'The body of your POST request is not well-formed multipart/form-data.');
    case 'insufficient-storage':
      return refuse('InsufficientStorage', 'The store is full.');
    case 'overloaded':
      return refuse('SlowDown', 'Please reduce your request rate.', retryAfter(error));
    case 'unavailable':
    case 'decoder-failed':
      return refuse('ServiceUnavailable', 'Please try again later.', retryAfter(error));
    default:
      return undefined;
  }
}
