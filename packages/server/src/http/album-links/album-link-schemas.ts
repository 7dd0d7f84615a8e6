import * as z from 'zod';
import { ALBUM_RIGHTS, DEFAULT_MAX_IMAGES } from '../../domain/album/album-link.ts';
import { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH } from '../../domain/album/password-text.ts';
import { MEDIA_TYPES } from '../../domain/image/media-type.ts';
import { LIST_ORDERS } from '../../domain/lists/list-position.ts';
import type { CreateAlbumLinkInput } from '../../operations/album-links/create-album-link.ts';
import { DEFAULT_LINK_SECONDS, linkSeconds } from '../links/link-schemas.ts';
import { booleanParameter, closedObject, got, numberParameter } from '../request/fields.ts';
import { EXAMPLE_ALBUM_ID, EXAMPLE_ID, EXAMPLE_LINK_ID } from '../request/path-parts.ts';
import { contentTypes, maxBytes, maxImages } from '../tokens/upload-token-schemas.ts';

/** The detail never repeats what was sent, which may be a password with a mistake. */
const EXPECTED_PASSWORD = `expected a password of ${MIN_PASSWORD_LENGTH} to ${MAX_PASSWORD_LENGTH} characters; got another value`;
const password = z
  .string(EXPECTED_PASSWORD)
  .refine((value) => value.length >= MIN_PASSWORD_LENGTH && value.length <= MAX_PASSWORD_LENGTH, EXPECTED_PASSWORD)
  .meta({ minLength: MIN_PASSWORD_LENGTH, maxLength: MAX_PASSWORD_LENGTH });

const trueOrFalse = z.boolean('expected true or false');

const EXPECTED_RIGHTS = `expected a list of ${ALBUM_RIGHTS.join(', ')}, each at most once`;
const allow = z
  .array(z.enum(ALBUM_RIGHTS, got(`expected ${ALBUM_RIGHTS.join(' or ')}`)), EXPECTED_RIGHTS)
  .min(1, `${EXPECTED_RIGHTS}; got none`)
  .max(ALBUM_RIGHTS.length, EXPECTED_RIGHTS)
  .refine((rights) => new Set(rights).size === rights.length, `${EXPECTED_RIGHTS}; got one twice`)
  .meta({
    description:
      '`view`: the pictures in the sizes of the presets. `download`: also as JPEG files of their full size, without their metadata. `contribute`: guests add pictures; alone, they see none.',
  });

const terms = {
  expires_in: linkSeconds
    .optional()
    .meta({ description: `Seconds from now until the link expires. A new link: a week, ${DEFAULT_LINK_SECONDS}.` }),
  allow: allow.optional().meta({ default: ['view'] }),
  originals: trueOrFalse.optional().meta({
    description:
      'With `download`: also the uploaded files, with all that they say of camera and place. Default: false.',
  }),
  card: trueOrFalse.optional().meta({
    description:
      'Messengers may show title and cover to whoever the URL is sent to. Not with a password. Default: false.',
  }),
  password: password.nullish().meta({ description: 'Guests are asked for it. null: none.' }),
  max_images: maxImages.nullish().meta({
    description: `With \`contribute\`: the most uploads of all guests together. null: any number. Default: ${DEFAULT_MAX_IMAGES}.`,
  }),
  max_bytes: maxBytes
    .nullish()
    .meta({ description: "With `contribute`: the largest file, in bytes. null: the service's own limit." }),
  content_types: contentTypes
    .nullish()
    .meta({ description: 'With `contribute`: the types of files. null: all that the service accepts.' }),
  approve: trueOrFalse.optional().meta({
    description:
      'With `contribute`: nobody sees a picture before the owner has accepted it. Not without AUTH. Default: false.',
  }),
};

export const createAlbumLinkBody = closedObject(terms);

export const newLinkInput = ({
  expires_in: expiresInSeconds = DEFAULT_LINK_SECONDS,
  allow: rights = ['view'],
  originals = false,
  card = false,
  password: asked = null,
  max_images: mostImages,
  max_bytes: mostBytes = null,
  content_types: types = null,
  approve = false,
}: z.output<typeof createAlbumLinkBody>): Omit<CreateAlbumLinkInput, 'id'> => ({
  expiresInSeconds,
  allow: rights,
  originals,
  card,
  password: asked,
  maxImages: mostImages === undefined && rights.includes('contribute') ? DEFAULT_MAX_IMAGES : (mostImages ?? null),
  maxBytes: mostBytes,
  contentTypes: types,
  approve,
});

const NAMES = Object.keys(terms) as (keyof typeof terms)[];

export const changeAlbumLinkBody = closedObject(terms).refine(
  (asked) => NAMES.some((name) => asked[name] !== undefined),
  {
    error: `expected one of ${NAMES.join(', ')}; got none`,
  },
);

export const unlockBody = closedObject({ password });

/** The parts of a seal, of which all are needed. */
const seal = {
  exp: z.string().meta({ description: 'The expiry of the URL, in seconds since 1970.' }),
  kid: z.string().meta({ description: 'The id of the signing key.' }),
  sig: z.string().meta({ description: 'The signature, an HMAC-SHA256.' }),
};

export const openAlbumLinkQuery = z.object(seal);

export const sharedImagesQuery = z.object({
  ...seal,
  order: z
    .enum(LIST_ORDERS, got(`expected one of ${LIST_ORDERS.join(', ')}`))
    .optional()
    .meta({ description: "Default: the album's. With a cursor: that in which the list began." }),
  limit: numberParameter({ max: 1_000, otherwise: 100 }),
  cursor: z.string('expected one cursor').optional().meta({ description: "The previous page's next_cursor." }),
});

const pictureSeal = {
  rev: z.string().meta({ description: 'The revision of the link when the URL was signed.' }),
  epoch: z.string().optional().meta({ description: "The image's epoch when the URL was signed. Absent: 0." }),
  ...seal,
};

export const sharedRenditionQuery = z.object({
  v: z.string().optional().meta({ description: 'Changes with the preset, so that caches do not keep a former one.' }),
  ...pictureSeal,
});

export const sharedFileQuery = z.object({
  original: booleanParameter.optional().meta({ description: 'true: the file as it was uploaded.' }),
  ...pictureSeal,
});

const rights = z.array(z.enum(ALBUM_RIGHTS));

export const albumLink = z
  .object({
    link_id: z.string(),
    album_id: z.uuid(),
    page_url: z.url().meta({ description: 'A page with the pictures, for whoever has this URL.' }),
    url: z.url().meta({ description: 'The album as JSON, for programs: needs no credential.' }),
    allow: rights,
    originals: z.boolean(),
    card: z.boolean(),
    has_password: z.boolean(),
    max_images: z.int().nullable(),
    max_bytes: z.int().nullable(),
    content_types: z.array(z.enum(MEDIA_TYPES)).nullable(),
    approve: z.boolean(),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: 'AlbumLink' });

export const albumLinkList = z
  .object({ count: z.int().meta({ description: 'The number of links.' }), links: z.array(albumLink) })
  .meta({ id: 'AlbumLinkList' });

export const sharedImage = z
  .object({
    image_id: z.uuid(),
    filename: z.string(),
    content_type: z.string(),
    width: z.int(),
    height: z.int(),
    description: z.string().nullable(),
    taken_at: z.string().nullable().meta({ description: 'When the picture was taken, as its clock showed it.' }),
    placeholder: z.string().nullable().meta({ description: 'ThumbHash, base64.' }),
    dominant_color: z.string().nullable(),
    renditions: z.record(z.string(), z.url()).meta({ description: 'The URL of each preset.' }),
    download_url: z.url().nullable().meta({ description: 'A JPEG of full size; null: the link gives none.' }),
    original_url: z.url().nullable().meta({ description: 'The uploaded file; null: the link does not give it.' }),
  })
  .meta({ id: 'SharedImage', description: 'An image as the guests of a link see it.' });

export const sharedAlbum = z
  .object({
    album_id: z.uuid(),
    title: z.string(),
    description: z.string().nullable(),
    order: z.enum(LIST_ORDERS),
    images: z
      .int()
      .nullable()
      .meta({ description: 'The number of its pictures, which may lag by some seconds; null: the link shows none.' }),
    cover: sharedImage.optional().meta({ description: 'Absent: the album shows none.' }),
    allow: rights,
    originals: z.boolean(),
    contributions: z
      .object({
        max_bytes: z.int().meta({ description: 'The largest file.' }),
        content_types: z.array(z.enum(MEDIA_TYPES)),
        approve: z.boolean().meta({ description: 'The owner decides about each picture before anybody sees it.' }),
      })
      .nullable()
      .meta({ description: 'What guests may add; null: nothing.' }),
    expires_at: z.iso.datetime().meta({ description: 'When the link expires.' }),
  })
  .meta({ id: 'SharedAlbum', description: 'An album as the guests of a link see it.' });

export const sharedImageList = z
  .object({ count: z.int(), images: z.array(sharedImage), next_cursor: z.string().nullable() })
  .meta({ id: 'SharedImageList' });

export const guestPass = z
  .object({
    pass: z.string().meta({ description: 'Sent as `Authorization: Bearer` with requests by this link.' }),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: 'GuestPass' });

const SEALED = 'exp=1770465600&kid=1f0c9d2e&sig=...';
const AT = `http://127.0.0.1:8000/albums/${EXAMPLE_ALBUM_ID}/links/${EXAMPLE_LINK_ID}`;

export const EXAMPLE_ALBUM_LINK = {
  link_id: EXAMPLE_LINK_ID,
  album_id: EXAMPLE_ALBUM_ID,
  page_url: `http://127.0.0.1:8000/s/albums/${EXAMPLE_ALBUM_ID}/${EXAMPLE_LINK_ID}?${SEALED}`,
  url: `${AT}?${SEALED}`,
  allow: ['view', 'download'],
  originals: false,
  card: false,
  has_password: false,
  max_images: null,
  max_bytes: null,
  content_types: null,
  approve: false,
  created_at: '2026-01-31T12:00:00.000Z',
  expires_at: '2026-02-07T12:00:00.000Z',
};

export const EXAMPLE_SHARED_IMAGE = {
  image_id: EXAMPLE_ID,
  filename: 'sunset.jpg',
  content_type: 'image/jpeg',
  width: 4_032,
  height: 3_024,
  description: 'Sunset at the beach',
  taken_at: '2026-01-30T18:22:31.120',
  placeholder: null,
  dominant_color: '#c08552',
  renditions: { thumb: `${AT}/images/${EXAMPLE_ID}/renditions/thumb?v=5c1f&rev=pV4mYk0s&${SEALED}` },
  download_url: `${AT}/images/${EXAMPLE_ID}/download?rev=pV4mYk0s&${SEALED}`,
  original_url: null,
};

export const EXAMPLE_SHARED_ALBUM = {
  album_id: EXAMPLE_ALBUM_ID,
  title: 'Lisbon',
  description: 'A week by the sea',
  order: 'added',
  images: 1,
  cover: EXAMPLE_SHARED_IMAGE,
  allow: ['view', 'download'],
  originals: false,
  contributions: null,
  expires_at: '2026-02-07T12:00:00.000Z',
};
