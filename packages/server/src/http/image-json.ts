import type { Image } from '../domain/image.ts';
import { createdAt } from '../domain/image-id.ts';
import { rememberEach, rememberLast } from '../domain/remember.ts';
import { isoTime } from './iso-time.ts';

/** The image as clients see it (DESIGN 4). Plain objects: they are what JSON.stringify is quick with. */
export function imageJson(image: Image, bucket: string) {
  const ready = image.status === 'ready' ? image : undefined;
  return {
    image_id: image.id,
    user_id: image.userId,
    filename: image.filename,
    content_type: image.contentType,
    size: ready?.sizeBytes ?? null,
    width: ready?.width ?? null,
    height: ready?.height ?? null,
    sha256: ready?.sha256 ?? null,
    status: image.status,
    tags: image.tags,
    description: image.description,
    metadata: image.metadata,
    s3_key: ready?.objectKey ?? null,
    s3_url: ready ? `s3://${bucket}/${ready.objectKey}` : null,
    created_at: isoTime(createdAt(image.id)),
    upload_time: ready ? isoTime(ready.uploadedAt) : null,
    updated_at: isoTime(image.updatedAt),
    placeholder: ready?.placeholder ?? null,
    ...(image.status === 'rejected' && { rejection: image.rejection }),
  };
}

/** The same as text, made once for each record as it was read: most pages are asked for again and again. */
export const imageText = (image: Image, bucket: string): string => textsWith(bucket)(image);

const textsWith = rememberLast((bucket: string) =>
  rememberEach((image: Image) => JSON.stringify(imageJson(image, bucket))),
);

/** A page of a list, of its images' texts. */
export const pageText = (page: { count: number; texts: readonly string[]; next_cursor: string | null }): string =>
  `{"count":${page.count},"images":[${page.texts.join(',')}],"next_cursor":${JSON.stringify(page.next_cursor)}}`;

/** What an upload became, for who asks again with its Idempotency-Key: of a deleted one nothing but that. */
export const uploadJson = (image: Image, bucket: string) =>
  image.status === 'deleted' ? { image_id: image.id, status: image.status } : imageJson(image, bucket);

export type ImageJson = ReturnType<typeof imageJson>;
