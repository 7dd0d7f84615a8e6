import { maxBytesOfUpload } from '../../domain/access/upload-bounds.ts';
import type { Image } from '../../domain/image/image.ts';
import type { Grant } from '../../operations/uploads/create-upload.ts';
import type { GrantedParts } from '../../operations/uploads/grant-parts.ts';
import { replacesJson, uploadJson } from '../images/image-json.ts';
import type { ImageView } from '../images/image-view.ts';

/** A grant as the earlier clients see it; the image's state if no upload is possible any more. */
export function grantJson(grant: Grant, settings: { view: ImageView; maxUploadBytes: number }) {
  const { image, request } = grant;
  if (!request) return uploadJson(image, settings.view);
  return uploadStateJson(grant, settings);
}

/** A grant in one shape: without a URL if no upload is possible any more. */
export const uploadStateJson = ({ image, method, request, parts }: Grant, settings: { maxUploadBytes: number }) => ({
  image_id: image.id,
  ...replacesJson(image),
  upload_url: request?.url ?? null,
  method,
  headers: request?.method === 'PUT' ? request.headers : {},
  ...(request?.method === 'POST' && { fields: request.fields }),
  expires_at: (request?.expiresAt ?? parts?.endsAt)?.toISOString() ?? null,
  max_size: maxBytesOfUpload(settings.maxUploadBytes, image),
  ...(parts && { parts: partsJson(parts) }),
  status: image.status,
});

/** What has arrived of an upload, and where more of it goes. */
export const uploadPartsJson = (image: Image, parts: GrantedParts | null) => ({
  image_id: image.id,
  expires_at: parts?.endsAt.toISOString() ?? null,
  status: image.status,
  ...(parts && { parts: partsJson(parts) }),
});

const partsJson = ({ partBytes, count, checksums, received, urls }: GrantedParts) => ({
  part_size: partBytes,
  count,
  checksums,
  received,
  urls: urls.map(({ number, sizeBytes, request: { url, headers, expiresAt } }) => ({
    number,
    size: sizeBytes,
    url,
    headers,
    expires_at: expiresAt.toISOString(),
  })),
});
