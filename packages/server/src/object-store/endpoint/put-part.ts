import { createHash, hash } from 'node:crypto';
import { partCount, partLength } from '../multipart.ts';
import type { ObjectAnswer, ObjectRequest, ObjectRules } from '../object-endpoint.ts';
import { type Refused, refuse } from '../signing/s3-error.ts';
import { declaredDigests } from './body-digests.ts';
import { NO_UPLOAD_KEY, NOT_TAKEN, uploadKey } from './keep-upload.ts';
import { declaredLength, type Endpoint, hoistedHeaders, INCOMPLETE, SAFE_HEADERS, senderOf } from './object-request.ts';

/** Whether a PUT sends a part, or wrongly claims to. */
export const isPart = (query: ReadonlyMap<string, string>): boolean => query.has('partNumber') || query.has('uploadId');

/** Answers a PUT of one part of a multipart upload, with a valid signature. */
export async function putPart(
  { store: { multipart } }: Pick<Endpoint, 'store'>,
  request: ObjectRequest,
  signed: { readonly key: string; readonly query: ReadonlyMap<string, string> },
  { mayTake }: Pick<ObjectRules, 'mayTake'>,
): Promise<ObjectAnswer | Refused> {
  const { headers } = request;
  const [partNumber, uploadId] = [signed.query.get('partNumber'), signed.query.get('uploadId')];
  if (partNumber === undefined || uploadId === undefined)
    return refuse('InvalidArgument', 'Expected both partNumber and uploadId, or neither; got one of them');
  const key = uploadKey(signed.key);
  if (key === undefined) return NO_UPLOAD_KEY;
  if (!(await mayTake(key))) return NOT_TAKEN;
  const upload = await multipart.find({ key, uploadId });
  if (!upload) return NO_SUCH_UPLOAD;
  const [number, count] = [Number(partNumber), partCount(upload)];
  if (!/^[1-9]\d{0,4}$/.test(partNumber) || number > count)
    return refuse('InvalidArgument', `Part number must be an integer between 1 and ${count}, inclusive`);
  if (headers.has('if-match') || headers.has('if-none-match'))
    return refuse('NotImplemented', 'Conditions of a part are not supported');

  const length = partLength(upload, number);
  const contentLength = declaredLength(request, length);
  if (typeof contentLength !== 'number') return contentLength;
  if (contentLength < length)
    return refuse('EntityTooSmall', `Expected ${length} bytes, as all of part ${number}; got ${contentLength}`);
  const declared = [...headers, ...hoistedHeaders(signed.query)];
  const digests = declaredDigests(declared);
  if (digests.outcome === 'refused') return digests;
  const isHashed = declared.some(([name]) => name === SHA256);
  if (upload.checksums && !isHashed)
    return refuse('InvalidRequest', `Expected ${SHA256}, which this upload requires of each part; got none`);

  const sum = createHash('sha256');
  const body = isHashed ? hashedBy(sum, senderOf(request)) : senderOf(request);
  let mismatch: Refused | undefined;
  const outcome = await multipart.receive({ key, uploadId, number }, digests.through(body), () => {
    mismatch = digests.mismatch({ sha256: sum.digest('hex') });
    return !mismatch;
  });
  switch (outcome) {
    case 'received': {
      const headers = { ...SAFE_HEADERS, etag: entityTagOf(uploadId, number), 'content-length': '0' };
      return { status: 200, headers, body: null };
    }
    case 'incomplete':
      return INCOMPLETE;
    case 'damaged':
      return mismatch ?? INCOMPLETE;
    case 'superseded':
      return refuse('OperationAborted', 'Another request sends this part, or has ended the upload');
    case 'absent':
      return NO_SUCH_UPLOAD;
  }
}

const SHA256 = 'x-amz-checksum-sha256';

const NO_SUCH_UPLOAD = refuse(
  'NoSuchUpload',
  'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
);

async function* hashedBy(
  sum: { update(chunk: Uint8Array): unknown },
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    sum.update(chunk);
    yield chunk;
  }
}

/** Opaque: nobody reads a part. */
const entityTagOf = (uploadId: string, number: number): string =>
  `"${hash('sha256', `${uploadId} ${number}`).slice(0, 32)}"`;
