import type { ObjectKey } from '../../domain/image/object-key.ts';
import type { StagedFile } from '../disk/disk.ts';
import type { ObjectAnswer, ObjectRequest, ObjectRules } from '../object-endpoint.ts';
import { type Refused, refuse } from '../signing/s3-error.ts';
import { declaredDigests } from './body-digests.ts';
import { OBJECTS_PATH } from './endpoint-presigner.ts';
import { escapeXml } from './error-xml.ts';
import { keepUpload, NO_UPLOAD_KEY, NOT_TAKEN, uploadKey } from './keep-upload.ts';
import { declaredLength, type Endpoint, SAFE_HEADERS } from './object-request.ts';
import { type Received, readPostForm } from './post-form.ts';

/**
 * What a form adds to its file: S3's 20 KB of fields, the headers of their parts, and a browser's fields after the
 * file.
 */
const FORM_OVERHEAD_BYTES = 1_048_576;

interface PostedFile extends AsyncDisposable {
  readonly key: ObjectKey;
  readonly fields: ReadonlyMap<string, string>;
  readonly file: StagedFile;
}

/** Answers a POST to the bucket: a form with its own signature. */
export async function postObject(
  endpoint: Endpoint,
  request: ObjectRequest,
  rules: Pick<ObjectRules, 'afterStore' | 'mayTake'>,
): Promise<ObjectAnswer | Refused> {
  const { store, maxUploadBytes } = endpoint;
  const contentLength = declaredLength(request, maxUploadBytes + FORM_OVERHEAD_BYTES);
  if (typeof contentLength !== 'number') return contentLength;
  const form = await readPostForm(request, (fields, body) =>
    receiveFile(endpoint, { fields, announcedBytes: contentLength, mayTake: rules.mayTake }, body),
  );
  if (form.outcome === 'refused') return form;

  await using upload = form.upload;
  const { key, fields, file } = upload;
  const refused = await keepUpload({ store }, { key, file, isFirst: false }, rules.afterStore);
  if (refused) return refused;
  const location = `${request.origin}${OBJECTS_PATH}${store.bucket}/${encodeURIComponent(key)}`;
  return successAnswer(fields.get('success_action_status'), {
    Location: location,
    Bucket: store.bucket,
    Key: key,
    ETag: file.entityTag,
  });
}

/** The form is verified before any of the file is read. */
async function receiveFile(
  { store, presigner, maxUploadBytes }: Endpoint,
  {
    fields,
    announcedBytes,
    mayTake,
  }: Pick<ObjectRules, 'mayTake'> & { readonly fields: ReadonlyMap<string, string>; readonly announcedBytes: number },
  body: AsyncIterable<Uint8Array>,
): Promise<Received<PostedFile> | Refused> {
  const verdict = presigner.verifyForm({ bucket: store.bucket, fields });
  if (verdict.outcome === 'refused') return verdict;
  const key = uploadKey(verdict.key);
  if (key === undefined) return NO_UPLOAD_KEY;
  if (!(await mayTake(key))) return NOT_TAKEN;
  const digests = declaredDigests(fields);
  if (digests.outcome === 'refused') return digests;

  const maxBytes = Math.min(verdict.limits.maxBytes, maxUploadBytes);
  const file = await store.staging.stage(digests.through(body), { maxBytes, leaving: 'reserve', announcedBytes });
  const { minBytes } = verdict.limits;
  const wrong = file.sizeBytes < minBytes ? tooSmall(minBytes, file.sizeBytes) : digests.mismatch(file);
  if (!wrong)
    return {
      outcome: 'received',
      upload: { key, fields, file, [Symbol.asyncDispose]: () => file[Symbol.asyncDispose]() },
    };
  await file[Symbol.asyncDispose]();
  return wrong;
}

const tooSmall = (minBytes: number, got: number): Refused =>
  refuse(
    'EntityTooSmall',
    `Your proposed upload is smaller than the minimum allowed size: expected at least ${minBytes} bytes; got ${got}`,
  );

/** 204, or the status that the form asks for; like S3, ignores unknown values. */
function successAnswer(
  status: string | undefined,
  result: { readonly Location: string; readonly Bucket: string; readonly Key: string; readonly ETag: string },
): ObjectAnswer {
  const headers = { ...SAFE_HEADERS, etag: result.ETag, location: result.Location };
  if (status === '200') return { status: 200, headers: { ...headers, 'content-length': '0' }, body: null };
  if (status !== '201') return { status: 204, headers, body: null };
  const elements = Object.entries(result).map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`);
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>${elements.join('')}</PostResponse>`;
  return { status: 201, headers: { ...headers, 'content-type': 'application/xml' }, body: xml };
}
