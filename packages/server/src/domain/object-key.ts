import { createHash, hash } from 'node:crypto';
import { type ImageId, parseImageId } from './image-id.ts';
import { acceptedType } from './media-type.ts';
import { servedFilename } from './served-filename.ts';

declare const brand: unique symbol;
/** Where an object is stored. Built only here; its parts are percent-encoded, so `/` always separates. */
export type ObjectKey = string & { readonly [brand]: 'ObjectKey' };

/** File systems take names of 255 bytes; S3 takes keys of 1,024. Four parts of this size fit both. */
const MAX_PART_BYTES = 200;

/** A part outgrowing the limit is cut and gets a hash; nothing relies on that being unique: the image id is. */
const part = (text: string): string => {
  const encoded = encodeURIComponent(text)
    .replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/^\.{1,2}$/, (dots) => dots.replaceAll('.', '%2E')); // clients and file systems normalize . and ..
  if (encoded.length <= MAX_PART_BYTES) return encoded;
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
  return `${encoded.slice(0, MAX_PART_BYTES).replace(/%.?$/, '')}~${hash}`;
};

/** What every key begins with that a client may write to. */
export const INCOMING_PREFIX = 'incoming/';

/** What the keys of all originals begin with, and of all renditions. */
export const STORED_PREFIXES = ['images/', 'renditions/'] as const;

/** The first parts of all keys of the service: other objects of the bucket are none of its business. */
export const KEY_PREFIXES = [INCOMING_PREFIX, ...STORED_PREFIXES] as const;

/** Where a grant lets the client put its bytes. */
export const incomingKey = (userId: string, id: ImageId): ObjectKey =>
  `${INCOMING_PREFIX}${part(userId)}/${id}` as ObjectKey;

/** Where one attempt's verified bytes live: nobody ever gets a URL to write here. Its type is the only one that verification passes. */
export function originalKey(
  image: { userId: string; id: ImageId; filename: string; contentType: string },
  attempt: string,
): ObjectKey {
  const type = acceptedType(image.contentType);
  const filename = type ? servedFilename(image.filename, type) : image.filename;
  return `${originalsPrefix(image)}${part(attempt)}/${part(filename)}` as ObjectKey;
}

/** What the keys of all of an image's attempts begin with, whatever it was called then. */
export const originalsPrefix = ({ userId, id }: { userId: string; id: ImageId }): string =>
  `images/${part(userId)}/${id}/`;

/**
 * What the keys of all of an image's renditions begin with. The digits of the hash spread new ones over the store: ids sort by
 * time, and S3 takes 3,500 writes a second under a prefix until it has split it ("Optimizing S3 performance").
 */
export const renditionsPrefix = (id: ImageId): string => `renditions/${hash('sha256', id).slice(0, 4)}/${id}/`;

/** The same in the former layout: nothing is read or written there any more, only removed. */
export const formerRenditionsPrefix = (id: ImageId): string => `renditions/${id}/`;

/** Renditions by presets stay with their image; those asked for freely are dropped after a while. */
export type RenditionKind = 'preset' | 'free';

/** What the keys of those renditions of an image begin with. */
export const renditionKindPrefix = (id: ImageId, kind: RenditionKind): string => `${renditionsPrefix(id)}${kind}/`;

/** Where a rendition is stored; `name` says what it is made of and how (rendition.ts). */
export const renditionKey = (id: ImageId, kind: RenditionKind, name: string): ObjectKey =>
  `${renditionKindPrefix(id, kind)}${part(name)}` as ObjectKey;

/** Kind and name of a rendition: they end its key in either layout. */
export const renditionWithin = (key: ObjectKey): string => key.split('/').slice(-2).join('/');

/** The image whose grant led to `key`; undefined when it isn't an incoming key. */
export const imageIdOfIncoming = (key: string): ImageId | undefined => {
  const [prefix, user, id, ...rest] = key.split('/');
  return prefix === 'incoming' && user && id && rest.length === 0 ? parseImageId(id) : undefined;
};

export interface StoredKey {
  readonly kind: 'original' | 'rendition';
  readonly imageId: ImageId;
}

const ORIGINAL = /^images\/[^/]+\/([^/]+)\/[^/]+\/[^/]+$/;
const RENDITION = /^renditions\/(?:[0-9a-f]{4}\/)?([^/]+)\/(?:preset|free)\/[^/]+$/;

/** Of which image an object under `key` is what; undefined where no version is known to have made such a key. */
export const storedKey = (key: string): StoredKey | undefined => {
  for (const [kind, form] of [
    ['original', ORIGINAL],
    ['rendition', RENDITION],
  ] as const) {
    const imageId = parseImageId(form.exec(key)?.[1] ?? '');
    if (imageId !== undefined) return { kind, imageId };
  }
  return undefined;
};

/** What `part` makes, seen from outside. */
const PART = /^(?!\.{1,2}$)(?:[A-Za-z0-9_.~-]|%[0-9A-F]{2})+$/;

/** The key in `text` if a grant may have led to it. */
export const parseIncomingKey = (text: string): ObjectKey | undefined =>
  imageIdOfIncoming(text) !== undefined && PART.test(text.split('/')[1] ?? '') ? (text as ObjectKey) : undefined;
