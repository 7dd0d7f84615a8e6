import { z } from 'zod';
import { type AlbumId, parseAlbumId } from '../../domain/album/album-id.ts';
import { MAX_ALBUMS_OF_IMAGE } from '../../domain/album/album-member.ts';
import { type AlbumPlace, parseAlbumPlace } from '../../domain/album/album-place.ts';
import type { StoredImage } from '../../domain/image/image.ts';
import { type ImageId, parseImageId } from '../../domain/image/image-id.ts';
import { MEDIA_TYPES } from '../../domain/image/media-type.ts';
import { type ObjectKey, parseOriginalKey } from '../../domain/image/object-key.ts';
import { type LinkId, parseLinkId } from '../../domain/image/share-link.ts';
import { VISIBILITIES } from '../../domain/image/visibility.ts';
import { WORKING_COPY_TYPES } from '../../domain/image/working-copy.ts';
import type { Field, Plain } from '../images/fields.ts';
import { IMAGE_FIELDS } from '../images/image-fields.ts';
import { facts } from './facts-json.ts';
import { object, time, whole } from './json-values.ts';

export const imageId = z.custom<ImageId>(
  (value) => typeof value === 'string' && parseImageId(value) === value,
  'expected an image id',
);
export const linkId = z.custom<LinkId>(
  (value) => typeof value === 'string' && parseLinkId(value) !== undefined,
  'expected the id of a link',
);
export const albumId = z.custom<AlbumId>(
  (value) => typeof value === 'string' && parseAlbumId(value) === value,
  'expected the id of an album',
);
const albumPlace = z.custom<AlbumPlace>(
  (value) => typeof value === 'string' && parseAlbumPlace(value) !== undefined,
  'expected a place in an album',
);
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in lower-case hex');

const fraction = z.number().min(0).max(1);

const decided = {
  gate: z.string(),
  verdict: z.enum(['pass', 'refuse']),
  at: time,
  privateReason: z.string().nullable(),
};

const decision = z.discriminatedUnion('by', [
  z.strictObject({ ...decided, by: z.enum(['gate', 'error', 'deadline', 'drop']) }),
  z.strictObject({
    ...decided,
    by: z.literal('person'),
    actor: z.string(),
    sha256,
    reason: z.string().nullable(),
  }),
]);

const PLAIN: Readonly<Record<Plain, z.ZodType>> = {
  text: z.string(),
  texts: z.array(z.string()),
  integer: whole,
  flag: z.boolean(),
  time,
};

const SERVED = {
  renditionFailures: z.array(
    z.strictObject({ rendition: z.string(), crashes: whole, detail: z.string(), crashedAt: z.string() }),
  ),
  links: z.array(z.strictObject({ id: linkId, preset: z.string().nullable(), createdAt: time, expiresAt: time })),
  workingCopy: z
    .strictObject({ sha256, sizeBytes: whole, contentType: z.enum(WORKING_COPY_TYPES), width: whole, height: whole })
    .nullable(),
};

const serving = { maintainAt: time.nullable(), ...SERVED };

type Archived = (typeof IMAGE_FIELDS)[StoredImage['status']];
type OtherName<Fields> = Fields extends unknown
  ? { [Name in keyof Fields]: Fields[Name] extends { readonly plain: Plain } ? never : Name }[keyof Fields]
  : never;
type Value<Image, Name> = Image extends unknown ? (Name extends keyof Image ? Image[Name] : never) : never;

/** The schemas of values that aren't plain, and of a text with a form. */
const OTHERS = {
  id: imageId,
  token: z.strictObject({ id: z.string(), maxBytes: whole.nullable() }).nullable(),
  metadata: object,
  visibility: z.enum(VISIBILITIES),
  albums: z
    .array(z.strictObject({ albumId, added: albumPlace, moved: albumPlace.nullable() }))
    .max(MAX_ALBUMS_OF_IMAGE),
  replaces: z.strictObject({ imageId, sha256 }).nullable(),
  focalPoint: z.strictObject({ x: fraction, y: fraction }).nullable(),
  contentType: z.enum(MEDIA_TYPES),
  sha256,
  objectKey: z.custom<ObjectKey>((value) => typeof value === 'string', 'expected text'),
  decisions: z.array(decision),
  ...SERVED,
  filteredBy: z.array(z.string()),
  facts: facts.nullable(),
  screening: z.strictObject({
    gates: z.array(z.string()),
    passed: z.array(z.string()),
    failures: whole,
    askAt: time,
    deadline: time,
    atDeadline: z.enum(['refuse', 'pass']),
  }),
  former: z
    .discriminatedUnion('status', [
      z.strictObject({ ...serving, status: z.literal('ready'), heldAt: time }),
      z.strictObject({ ...serving, status: z.literal('trashed'), heldAt: time, purgeAt: time }),
    ])
    .nullable(),
} satisfies { readonly [Name in OtherName<Archived> | 'sha256']: z.ZodType<Value<StoredImage, Name>> };

/** Lines of earlier versions lack a new field, as their records do: it has the same default. */
const schemaOf = (status: StoredImage['status']) => {
  const fields: Readonly<Record<string, Pick<Field<unknown>, 'plain' | 'none'>>> = IMAGE_FIELDS[status];
  const others: Readonly<Record<string, z.ZodType>> = OTHERS;
  const schemas = Object.entries(fields).map(([name, { plain, none }]) => {
    const schema = others[name] ?? PLAIN[plain ?? 'text'];
    if (none === undefined) return [name, schema];
    return [name, (none === null ? schema.nullable() : schema).default(none)];
  });
  return z.strictObject({ ...Object.fromEntries(schemas), status: z.literal(status) });
};

const statuses = z.discriminatedUnion('status', [schemaOf('held'), schemaOf('ready'), schemaOf('trashed')]);

/** An image whose bytes are archived. */
export const storedImage = (statuses as z.ZodType<unknown> as z.ZodType<StoredImage>).refine(
  (image) => parseOriginalKey(image.objectKey, image) !== undefined,
  { path: ['objectKey'], message: 'expected the key of an original of that image and its user' },
);
