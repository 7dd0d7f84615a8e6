import { AppError } from '../../domain/errors.ts';
import type { DiskObjectStore } from '../disk/disk.ts';
import type { ObjectAnswer, ObjectRequest } from '../object-endpoint.ts';
import { type Refused, refuse, type S3Error } from '../signing/s3-error.ts';
import type { EndpointPresigner } from './endpoint-presigner.ts';
import { toXml } from './error-xml.ts';

/** The context that every method needs. */
export interface Endpoint {
  readonly store: DiskObjectStore;
  readonly presigner: EndpointPresigner;
  readonly maxUploadBytes: number;
}

/**
 * Headers of every answer. Stored bytes are untrusted, whatever their declared type: a browser may display them but
 * never run them. Caches keep only answers with an object.
 */
export const SAFE_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'cross-origin',
  'content-security-policy': "sandbox; default-src 'none'",
} as const;

export function splitTarget(target: string): { path: string; query: string } {
  const mark = target.indexOf('?');
  return mark < 0 ? { path: target, query: '' } : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/** Amazon's headers that the signer moved into the query, as the SDK's presigner does, have the same meaning there. */
export const hoistedHeaders = (query: ReadonlyMap<string, string>): [string, string][] =>
  [...query]
    .map(([name, value]): [string, string] => [name.toLowerCase(), value])
    .filter(([name]) => name.startsWith('x-amz-'));

/** The declared length of the body, which is required and must not exceed `maxBytes`. */
export function declaredLength({ headers }: ObjectRequest, maxBytes: number): number | Refused {
  const declared = headers.get('content-length');
  if (declared === null) return refuse('MissingContentLength', 'You must provide the Content-Length HTTP header.');
  if (!/^\d+$/.test(declared)) return refuse('InvalidArgument', 'Content-Length: expected a number');
  const contentLength = Number(declared);
  return contentLength > maxBytes
    ? tooLarge(`expected at most ${maxBytes} bytes; got ${contentLength}`)
    : contentLength;
}

/** The body; its failures are the sender's fault. */
export async function* senderOf({ body }: ObjectRequest): AsyncGenerator<Uint8Array> {
  try {
    if (body) yield* body;
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('body-interrupted', 'expected the whole body; got a part', { cause: error });
  }
}

export const tooLarge = (detail: string): Refused =>
  refuse('EntityTooLarge', `Your proposed upload exceeds the maximum allowed size: ${detail}`);

export const PRECONDITION_FAILED = refuse(
  'PreconditionFailed',
  'At least one of the pre-conditions you specified did not hold',
);

export const INCOMPLETE = refuse(
  'IncompleteBody',
  'You did not provide the number of bytes specified by the Content-Length HTTP header.',
);

export function errorAnswer(request: ObjectRequest, error: S3Error): ObjectAnswer {
  const headers = { ...SAFE_HEADERS, ...error.headers, 'content-type': 'application/xml' };
  const resource = splitTarget(request.target).path;
  const body = request.method === 'HEAD' ? null : toXml(error, { resource, requestId: request.requestId });
  return { status: error.status, headers, body, code: error.code };
}
