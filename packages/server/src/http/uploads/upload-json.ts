import { maxBytesWithin } from '../../domain/access/upload-bounds.ts';
import type { Grant } from '../../operations/uploads/create-upload.ts';
import { replacesJson, uploadJson } from '../images/image-json.ts';
import type { ImageView } from '../images/image-view.ts';

/** A grant as the earlier clients see it; the image's state if no upload is possible any more. */
export function grantJson(grant: Grant, settings: { view: ImageView; maxUploadBytes: number }) {
  const { image, request } = grant;
  if (!request) return uploadJson(image, settings.view);
  return uploadStateJson(grant, settings);
}

/** A grant in one shape: without a URL if no upload is possible any more. */
export const uploadStateJson = ({ image, method, request }: Grant, settings: { maxUploadBytes: number }) => ({
  image_id: image.id,
  ...replacesJson(image),
  upload_url: request?.url ?? null,
  method,
  headers: request?.method === 'PUT' ? request.headers : {},
  ...(request?.method === 'POST' && { fields: request.fields }),
  expires_at: request?.expiresAt.toISOString() ?? null,
  max_size: maxBytesWithin(settings.maxUploadBytes, image.token),
  status: image.status,
});
