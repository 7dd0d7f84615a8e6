import type { Client } from '../../domain/access/client.ts';
import type { Payer } from '../../domain/access/payer.ts';
import { AppError } from '../../domain/errors.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { imageIdOfIncoming, type ObjectKey } from '../../domain/image/object-key.ts';
import type { ObjectEndpoint, ObjectRequest, StoreVerdict } from '../../object-store/object-endpoint.ts';
import { mayServeObject } from '../../operations/images/may-serve-object.ts';
import { finalizeAfterPut } from '../../operations/uploads/finalize-after-put.ts';
import { mayTakeObject } from '../../operations/uploads/may-take-object.ts';
import type { Services } from '../../services.ts';
import { addHeaders, answer } from '../answers/answer.ts';
import { requestBody } from '../bodies/request-body.ts';
import { presignedClientOf } from '../request/client.ts';
import { allHeaders } from '../request/header.ts';
import { targetOf } from '../request/target.ts';
import type { RouteContext } from '../route.ts';

export const objectHandler = (services: Services, endpoint: ObjectEndpoint) => async (c: RouteContext) => {
  const client = presignedClientOf(c, c.req.method === 'PUT' ? ownerIn(targetOf(c)) : '');
  const request: ObjectRequest = {
    method: c.req.method,
    target: signedTarget(c),
    origin: c.get('publicOrigin'),
    headers: allHeaders(c),
    body: bodyOf(c, services.settings.maxUploadBytes, client.payer),
    requestId: c.get('requestId'),
  };
  const { status, headers, body, code } = await endpoint(request, {
    afterStore(key, received) {
      const id = imageIdOfIncoming(key);
      if (!id) throw new Error(`the object endpoint stored ${key}, which is no upload`);
      c.set('concerns', { imageId: id });
      return judge(services, client, { id, key, sha256: received.sha256 });
    },
    mayServe: (key) => mayServeObject(services, key),
    mayTake: (key) => mayTakeObject(services, key),
  });
  if (code !== undefined) c.set('problem', { code });
  const caching = headers['cache-control'];
  if (caching !== undefined) addHeaders(c, { 'cache-control': caching });
  return answer(c, body, status, headers);
};

/** Characters. The longest URL of the service, with the longest key and filename, has about 6,000. */
const MAX_TARGET_LENGTH = 16_384;

function signedTarget(c: RouteContext): string {
  const target = targetOf(c);
  if (target.length <= MAX_TARGET_LENGTH) return target;
  throw new AppError(
    'invalid-request',
    `expected a request target of at most ${MAX_TARGET_LENGTH} characters; got ${target.length}`,
  );
}

/** The overhead of a form around its file. */
const FORM_OVERHEAD_BYTES = 1_048_576;

function bodyOf(c: RouteContext, maxUploadBytes: number, payer: Payer): AsyncIterable<Uint8Array> | null {
  switch (c.req.method) {
    case 'PUT':
      return requestBody(c, maxUploadBytes, payer);
    case 'POST':
      return requestBody(c, maxUploadBytes + FORM_OVERHEAD_BYTES, payer);
    default:
      return null;
  }
}

/** For a key in `incoming/`, called after its signature was verified. */
const ownerIn = (target: string): string => target.split('?', 1)[0]?.split('/').at(-2) ?? '';

async function judge(
  services: Services,
  client: Client,
  received: { readonly id: ImageId; readonly key: ObjectKey; readonly sha256: string },
): Promise<StoreVerdict> {
  const image = await finalizeAfterPut(services, received.id, client).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'image-not-found') return undefined;
    throw error;
  });
  if (image?.status === 'ready' || image?.status === 'held') {
    // The answer to an earlier PUT may have been lost: sending the same bytes again is no error.
    return { outcome: image.sha256 === received.sha256 ? 'kept' : 'taken' };
  }
  if (image?.status === 'rejected') {
    const { code, detail } = image.rejection;
    return { outcome: 'rejected', reason: `${code}: ${detail}` };
  }
  // A slow PUT may outlast its record, which the deletion of a user removes: nothing else would find these bytes soon.
  if (!image) await services.objects.delete([received.key]);
  return { outcome: 'over', state: image?.status ?? 'unknown' };
}
