import { hash } from 'node:crypto';
import { guestIn } from '../../domain/access/guest-actor.ts';
import {
  type Image,
  isPublished,
  isStored,
  type LiveImage,
  type ReadyImage,
  replacedBy,
  type TrashedImage,
  tombstone,
  withoutDescription,
} from '../../domain/image/image.ts';
import { createdAt, type ImageId } from '../../domain/image/image-id.ts';
import { isoTime } from '../answers/iso-time.ts';
import { factsJson } from './facts-json.ts';
import type { ImageView } from './image-view.ts';

/** The image as clients see it. Without originals nothing identifies the file: neither its hash nor its key. */
export function imageJson(given: Image, viewed: ImageView) {
  const told = viewed.tellsAllOf(given);
  const [image, view] = told ? [given, viewed] : [withoutDescription(given), bytesOnly(viewed, given)];
  const ready = image.status === 'ready' ? image : undefined;
  const stored = isStored(image) ? image : undefined;
  const published = isPublished(image) ? image : undefined;
  const key = view.shows.originals ? (published?.objectKey ?? null) : null;
  const guest = view.shows.metadata ? guestIn(image.uploadedBy) : undefined;
  const failures = ready && ready.renditionFailures.length > 0 ? view.failuresOf(ready) : {};
  return {
    image_id: image.id,
    user_id: image.userId,
    filename: image.filename,
    content_type: image.contentType,
    size: stored?.sizeBytes ?? null,
    width: stored?.width ?? null,
    height: stored?.height ?? null,
    sha256: view.shows.originals ? (stored?.sha256 ?? null) : null,
    status: image.status,
    tags: image.tags,
    description: image.description,
    metadata: view.shows.metadata ? image.metadata : {},
    external_id: image.externalId,
    facts: view.shows.metadata && stored?.facts ? factsJson(stored.facts) : null,
    focal_point: image.focalPoint,
    visibility: image.visibility,
    s3_key: key,
    s3_url: key && `s3://${view.bucket}/${key}`,
    created_at: isoTime(createdAt(image.id)),
    upload_time: stored ? isoTime(stored.uploadedAt) : null,
    updated_at: isoTime(image.updatedAt),
    revision: image.revision,
    placeholder: published?.placeholder ?? null,
    dominant_color: published?.dominantColor ?? null,
    renditions: ready ? renditionUrls(ready, view) : null,
    ...(guest && {
      added_by: { guest_id: guest.guestId, name: image.guestName, link_id: image.token?.id ?? null },
    }),
    ...(Object.keys(failures).length > 0 && { rendition_failures: failures }),
    ...replacesJson(image),
    ...(image.status === 'held' && { held_until: isoTime(image.screening.deadline) }),
    ...(image.status === 'trashed' && { purge_at: isoTime(image.purgeAt) }),
    ...(image.status === 'rejected' && { rejection: image.rejection }),
  };
}

/** No URL of a private image: it would open the bytes that come after these too. */
const bytesOnly = (view: ImageView, { visibility }: Image): ImageView => ({
  ...view,
  shows: { originals: false, metadata: false },
  presets: visibility === 'public' ? view.presets : [],
  sealOf: () => '',
});

/** The picture whose bytes an upload is to replace. */
export function replacesJson(image: Image): { replaces?: ImageId } {
  const replaced = replacedBy(image);
  return replaced ? { replaces: replaced.imageId } : {};
}

const renditionUrls = (image: ReadyImage, { origin, presets, sealOf }: ImageView): { [preset: string]: string } => {
  const urls: { [preset: string]: string } = {};
  if (presets.length === 0) return urls;
  const seal = sealOf(image);
  for (const { name, versionFor } of presets)
    urls[name] = `${origin}/images/${image.id}/renditions/${name}?v=${versionFor(image)}${seal}`;
  return urls;
};

/** The image's JSON as text, made once for each record as it was read: most pages are requested repeatedly. */
export function imageText(image: Image, view: ImageView): string {
  const known = view.texts.get(image);
  if (known !== undefined) return known;
  const text = JSON.stringify(imageJson(image, view));
  view.texts.set(image, text);
  return text;
}

/** Writes these fields of images, and `image_id`. */
export function textOfFields(fields: readonly string[]): typeof imageText {
  const chosen = new Set(['image_id', ...fields]);
  return (image, view) => {
    const needed = chosen.has('renditions') ? view : { ...view, presets: [] }; // URLs take most of the time
    const all = Object.entries(imageJson(image, needed));
    return JSON.stringify(Object.fromEntries(all.filter(([name]) => chosen.has(name))));
  };
}

const TAG_HASH_LENGTH = 16;

/**
 * The ETag of an image's JSON: the revision, which `If-Match` compares, and a hash of the text. Presets, the encoder,
 * rendition failures and the client's name for the service change the text without a new revision.
 */
export const imageTag = ({ revision }: LiveImage, text: string): string =>
  `"${revision}.${hash('sha256', text).slice(0, TAG_HASH_LENGTH)}"`;

/** A page of a list, joined from its images' texts. */
export const pageText = ({ count, total, texts, next_cursor, pending }: PageOfTexts): string => {
  const counted = total === undefined ? '' : `,"total":${total}`;
  const examined = pending > 0 ? `,"pending":${pending}` : '';
  return `{"count":${count}${counted},"images":[${texts.join(',')}],"next_cursor":${JSON.stringify(next_cursor)}${examined}}`;
};

interface PageOfTexts {
  readonly count: number;
  /** undefined: the list isn't counted. */
  readonly total: number | undefined;
  readonly texts: readonly string[];
  readonly next_cursor: string | null;
  readonly pending: number;
}

/** The image of a repeated upload with the same Idempotency-Key; for a trashed or deleted one only its state. */
export const uploadJson = (image: Image, view: ImageView) => {
  if (image.status === 'deleted') return { image_id: image.id, status: image.status };
  return image.status === 'trashed' ? trashedJson(image) : imageJson(image, view);
};

/** The JSON of an image with all its fields. A trashed image has empty ones, like a deleted image. */
export const storedJson = (image: Image, view: ImageView) =>
  image.status === 'trashed'
    ? { ...imageJson(tombstone(image, image.updatedAt), view), ...trashedJson(image), revision: image.revision }
    : imageJson(image, view);

/** The answer to the request that moved the image to the trash. */
export const trashedJson = ({ id, status, purgeAt }: TrashedImage) => ({
  image_id: id,
  status,
  purge_at: isoTime(purgeAt),
});

export type ImageJson = ReturnType<typeof imageJson>;
