import { SafelightError } from '../errors.ts';
import type { Api } from '../http/api.ts';
import type { Image } from '../images/image.ts';
import { rejectionOf } from '../images/rejection.ts';
import { randomId } from './hash.ts';
import type { UploadOptions } from './upload.ts';

/** The longest poll that the service offers. */
const POLL_SECONDS = 20;

export type FromUrlOptions = Pick<
  UploadOptions,
  | 'filename'
  | 'tags'
  | 'description'
  | 'metadata'
  | 'visibility'
  | 'externalId'
  | 'signal'
  | 'idempotencyKey'
  | 'onGranted'
>;

/** Has the service fetch a picture, and resolves with the verified image. */
export async function uploadFromUrl(
  api: Api,
  url: string,
  { externalId, signal, idempotencyKey = randomId(), onGranted, ...said }: FromUrlOptions = {},
): Promise<Image> {
  const body = { ...said, url, external_id: externalId };
  const headers = { 'idempotency-key': idempotencyKey };
  let image = (await api.json('/images', { method: 'POST', body, headers, signal })) as Image;
  onGranted?.(image.image_id);
  while (!('content_type' in image) || image.status === 'pending')
    image = (await api.json(`/images/${image.image_id}/metadata`, { query: { wait: POLL_SECONDS }, signal })) as Image;
  if (image.status === 'ready' || image.status === 'held') return image;
  const detail = `expected a ready image; got one that is ${image.status}`;
  throw rejectionOf(image) ?? new SafelightError('image-not-found', detail);
}
