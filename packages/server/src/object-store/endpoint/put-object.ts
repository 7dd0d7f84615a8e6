import type { ObjectAnswer, ObjectRequest, ObjectRules } from '../object-endpoint.ts';
import { type Refused, refuse } from '../signing/s3-error.ts';
import { declaredDigests } from './body-digests.ts';
import { keepUpload, NO_UPLOAD_KEY, NOT_TAKEN, uploadKey } from './keep-upload.ts';
import {
  declaredLength,
  type Endpoint,
  hoistedHeaders,
  INCOMPLETE,
  PRECONDITION_FAILED,
  SAFE_HEADERS,
  senderOf,
} from './object-request.ts';

/** Answers a PUT with a valid signature. */
export async function putObject(
  { store, maxUploadBytes }: Pick<Endpoint, 'store' | 'maxUploadBytes'>,
  request: ObjectRequest,
  signed: { readonly key: string; readonly query: ReadonlyMap<string, string> },
  { afterStore, mayTake }: Pick<ObjectRules, 'afterStore' | 'mayTake'>,
): Promise<ObjectAnswer | Refused> {
  const { headers } = request;
  const key = uploadKey(signed.key);
  if (key === undefined) return NO_UPLOAD_KEY;
  if (!(await mayTake(key))) return NOT_TAKEN;
  const contentLength = declaredLength(request, maxUploadBytes);
  if (typeof contentLength !== 'number') return contentLength;
  const digests = declaredDigests([...headers, ...hoistedHeaders(signed.query)]);
  if (digests.outcome === 'refused') return digests;

  const ifNoneMatch = headers.get('if-none-match');
  if (headers.has('if-match') || (ifNoneMatch !== null && ifNoneMatch !== '*'))
    return refuse('NotImplemented', 'The only supported condition of a PUT is If-None-Match: *');
  const isFirst = ifNoneMatch === '*';
  if (isFirst && (await store.head(key))) return PRECONDITION_FAILED; // before the body is received in vain

  const limits = { maxBytes: maxUploadBytes, leaving: 'reserve', announcedBytes: contentLength } as const;
  await using file = await store.staging.stage(digests.through(senderOf(request)), limits);
  if (file.sizeBytes !== contentLength) return INCOMPLETE;
  const mismatch = digests.mismatch(file);
  if (mismatch) return mismatch;
  const refused = await keepUpload({ store }, { key, file, isFirst }, afterStore);
  if (refused) return refused;
  return { status: 200, headers: { ...SAFE_HEADERS, etag: file.entityTag, 'content-length': '0' }, body: null };
}
