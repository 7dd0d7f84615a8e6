import { createHash, hash } from 'node:crypto';
import type { ActorId } from '../access/actor-id.ts';
import { guestIn } from '../access/guest-actor.ts';
import { type ImageId, parseImageId } from './image-id.ts';
import { acceptedType } from './media-type.ts';
import { servedFilename } from './served-filename.ts';
import type { WorkingCopy } from './working-copy.ts';

declare const brand: unique symbol;
/** Where an object is stored. Built only here; its parts are percent-encoded, so `/` always separates. */
export type ObjectKey = string & { readonly [brand]: 'ObjectKey' };

/** File systems limit names to 255 bytes, S3 limits keys to 1,024. Four parts of this size fit both. */
const MAX_PART_BYTES = 200;

/** A longer part is truncated and gets a hash. Nothing relies on its uniqueness, because the image id is unique. */
const part = (text: string): string => {
  const encoded = encodeURIComponent(text)
    .replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/^\.{1,2}$/, (dots) => dots.replaceAll('.', '%2E')); // clients and file systems normalize . and ..
  if (encoded.length <= MAX_PART_BYTES) return encoded;
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
  return `${encoded.slice(0, MAX_PART_BYTES).replace(/%.?$/, '')}~${hash}`;
};

/** The prefix of every key that a client may write to. */
export const INCOMING_PREFIX = 'incoming/';

export const ORIGINALS_PREFIX = 'images/';

/** The prefixes of all originals and of all renditions. */
export const STORED_PREFIXES = [ORIGINALS_PREFIX, 'renditions/'] as const;

/** The first parts of all keys of the service. Other objects of the bucket are ignored. */
export const KEY_PREFIXES = [INCOMING_PREFIX, ...STORED_PREFIXES] as const;

/** The key to which a grant lets the client upload. */
export const incomingKey = (userId: string, id: ImageId): ObjectKey =>
  `${INCOMING_PREFIX}${part(userId)}/${id}` as ObjectKey;

/**
 * The key to which the grant of this image lets its client upload. That of a guest has the id of the link by which it
 * uploads in place of the owner's, of whom it learns nothing.
 */
export function incomingKeyOf({
  userId,
  id,
  uploadedBy,
  token,
}: {
  readonly userId: string;
  readonly id: ImageId;
  readonly uploadedBy: ActorId | null;
  readonly token: { readonly id: string } | null;
}): ObjectKey {
  const isGuests = guestIn(uploadedBy) !== undefined && token !== null;
  return incomingKey(isGuests ? token.id : userId, id);
}

/** The key of one attempt's verified bytes. No client ever gets a URL to write here. Only a verified type passes. */
export function originalKey(
  image: { userId: string; id: ImageId; filename: string; contentType: string },
  attempt: string,
): ObjectKey {
  const type = acceptedType(image.contentType);
  const filename = type ? servedFilename(image.filename, type) : image.filename;
  return `${originalsPrefix(image)}${part(attempt)}/${part(filename)}` as ObjectKey;
}

/**
 * The key of bytes that take the place of the image's own, which another upload brought. A repeated attempt has the
 * same bytes, so it may have the same key.
 */
export const replacementKey = (
  image: { userId: string; id: ImageId; filename: string },
  { id, contentType }: { id: ImageId; contentType: string },
): ObjectKey => originalKey({ ...image, contentType }, `${REPLACEMENT}${id}`);

const REPLACEMENT = 'by-';

const attemptIn = (key: ObjectKey): string => key.split('/')[3] ?? '';

/** Whether the image's bytes took the place of others. */
export const isReplacementKey = (key: ObjectKey): boolean => attemptIn(key).startsWith(REPLACEMENT);

/** The upload that brought them; undefined: none, they are those of the image's own upload. */
export const uploadOfReplacement = (key: ObjectKey): ImageId | undefined =>
  isReplacementKey(key) ? parseImageId(attemptIn(key).slice(REPLACEMENT.length)) : undefined;

/**
 * How the names of renditions of the bytes under this key begin: with the upload, of bytes that took the place of
 * others.
 */
export const renditionNamePrefix = (original: ObjectKey): string =>
  isReplacementKey(original) ? `${attemptIn(original)}-` : '';

/** The prefixes of all uploads and originals of a user. */
export const prefixesOfUser = (userId: string): readonly string[] => [
  `${INCOMING_PREFIX}${part(userId)}/`,
  `images/${part(userId)}/`,
];

/**
 * The prefix of all exports of users. No rendition is there. Below `incoming/` every sweep, also of an earlier version,
 * would take them for leftovers.
 */
export const EXPORTS_PREFIX = 'renditions/exports/';

export const exportsOfUser = (userId: string): string => `${EXPORTS_PREFIX}${hash('sha256', userId)}/`;

/** What is stored of an export: who asked for it, when it last failed, what is in it, and the file itself. */
export const EXPORT_FILES = ['request.json', 'failed.json', 'report.json', 'export.zip'] as const;
export type ExportFile = (typeof EXPORT_FILES)[number];

/** `folder`: from `exportFolder` or `storedExport`. */
export const exportKey = (folder: string, file: ExportFile): ObjectKey => `${folder}${file}` as ObjectKey;

/** The prefix of one export. `caller` tells apart who asked for exports: 16 hexadecimal digits. */
export const exportFolder = (userId: string, id: ImageId, caller: string): string =>
  `${exportsOfUser(userId)}${id}/${caller}/`;

export interface StoredExport {
  readonly folder: string;
  readonly id: ImageId;
  readonly caller: string;
  readonly file: ExportFile;
}

const EXPORT = /^(renditions\/exports\/[0-9a-f]{64}\/([^/]+)\/([0-9a-f]{16})\/)([a-z.]+)$/;

/** What an object of an export is; undefined if it is another object. */
export function storedExport(key: string): StoredExport | undefined {
  const [, folder = '', id = '', caller = '', name] = EXPORT.exec(key) ?? [];
  const [parsed, file] = [parseImageId(id), EXPORT_FILES.find((one) => one === name)];
  return parsed && file && { folder, id: parsed, caller, file };
}

/** Whether a disk that ignores case has both users' objects in one folder. It may say so of others too. */
export const mayShareFolder = (userId: string, other: string): boolean =>
  userId !== other && userId.toLowerCase() === other.toLowerCase();

/** The prefix of all of an image's attempts, independent of its filename. */
export const originalsPrefix = ({ userId, id }: { userId: string; id: ImageId }): string =>
  `images/${part(userId)}/${id}/`;

/**
 * The prefix of all of an image's renditions. The hash digits spread new renditions over the keyspace: ids sort by
 * time, and S3 takes 3,500 writes a second per prefix until it splits it ("Optimizing S3 performance").
 */
export const renditionsPrefix = (id: ImageId): string => `renditions/${hash('sha256', id).slice(0, 4)}/${id}/`;

/** Renditions of presets stay with their image; free ones are removed after a while. */
export type RenditionKind = 'preset' | 'free';

/** The prefix of an image's renditions of this kind. */
export const renditionKindPrefix = (id: ImageId, kind: RenditionKind): string => `${renditionsPrefix(id)}${kind}/`;

/** The key of a rendition; `name` identifies its recipe, original and encoder (domain/rendition/rendition-name.ts). */
export const renditionKey = (id: ImageId, kind: RenditionKind, name: string): ObjectKey =>
  `${renditionKindPrefix(id, kind)}${part(name)}` as ObjectKey;

/** The key of a working copy, which is named after its bytes. */
export const workingCopyKey = (id: ImageId, { sha256 }: Pick<WorkingCopy, 'sha256'>): ObjectKey =>
  `${renditionsPrefix(id)}${WORKING_COPY_FOLDER}/${sha256}` as ObjectKey;

const WORKING_COPY_FOLDER = 'copy';

/** The image whose grant led to `key`; undefined if it isn't an incoming key. */
export const imageIdOfIncoming = (key: string): ImageId | undefined => {
  const [prefix, user, id, ...rest] = key.split('/');
  return prefix === 'incoming' && user && id && rest.length === 0 ? parseImageId(id) : undefined;
};

export interface StoredKey {
  readonly kind: 'original' | 'rendition' | 'working-copy';
  readonly imageId: ImageId;
}

const ORIGINAL = /^images\/[^/]+\/([^/]+)\/[^/]+\/[^/]+$/;
const RENDITION = /^renditions\/[0-9a-f]{4}\/([^/]+)\/(?:preset|free)\/[^/]+$/;
const WORKING_COPY = /^renditions\/[0-9a-f]{4}\/([^/]+)\/copy\/[^/]+$/;

/** The image and role of the object under `key`; undefined if no version made such a key. */
export const storedKey = (key: string): StoredKey | undefined => {
  for (const [kind, form] of [
    ['original', ORIGINAL],
    ['rendition', RENDITION],
    ['working-copy', WORKING_COPY],
  ] as const) {
    const imageId = parseImageId(form.exec(key)?.[1] ?? '');
    if (imageId !== undefined) return { kind, imageId };
  }
  return undefined;
};

/**
 * The key for people who need not know the name of an upload's file; `…` for a key that no version made, which may be
 * anything.
 */
export const keyWithoutFilename = (key: string): string => {
  const kind = imageIdOfIncoming(key) === undefined ? storedKey(key)?.kind : 'incoming';
  if (kind === undefined) return '…';
  return kind === 'original' ? key.replace(/[^/]+$/, '…') : key;
};

/** The pattern of `part`'s output. */
const PART = /^(?!\.{1,2}$)(?:[A-Za-z0-9_.~-]|%[0-9A-F]{2})+$/;

/** The key in `text`, if a grant may have produced it. */
export const parseIncomingKey = (text: string): ObjectKey | undefined =>
  imageIdOfIncoming(text) !== undefined && PART.test(text.split('/')[1] ?? '') ? (text as ObjectKey) : undefined;

/** The key in `text`, if it may be the one of the image's verified bytes. */
export const parseOriginalKey = (text: string, image: { userId: string; id: ImageId }): ObjectKey | undefined => {
  const prefix = originalsPrefix(image);
  const parts = text.startsWith(prefix) ? text.slice(prefix.length).split('/') : [];
  return parts.length === 2 && parts.every((one) => PART.test(one)) ? (text as ObjectKey) : undefined;
};
