import * as z from 'zod';
import { roundedFocalPoint } from '../../domain/image/focal-point.ts';
import { VISIBILITIES } from '../../domain/image/visibility.ts';
import { problemParams } from '../answers/problem.openapi.ts';
import {
  booleanParameter,
  closedObject,
  description,
  externalId,
  filename,
  got,
  metadata,
  tags,
  userId,
  visibility,
} from '../request/fields.ts';
import { EXAMPLE_ID, EXAMPLE_LINK_ID } from '../request/path-parts.ts';
import { position, takenAt } from './correction-schemas.ts';
import { EXAMPLE_FACTS, facts } from './facts-schemas.ts';

/**
 * Schemas of answers about images, for openapi.json, with their examples. Answers aren't validated at run time, which
 * would cost a tenth of a list.
 */
export const image = z
  .object({
    image_id: z.uuid().meta({ description: 'A UUIDv7: sorts by creation time.' }),
    user_id: z.string(),
    filename: z.string(),
    content_type: z.string().meta({ description: 'Verified, if the bytes were accepted; else the declared type.' }),
    size: z.int().nullable().meta({ description: 'Bytes.' }),
    width: z.int().nullable().meta({ description: 'Pixels, after EXIF orientation.' }),
    height: z.int().nullable(),
    sha256: z.string().nullable().meta({ description: 'Lower-case hex.' }),
    status: z.enum(['pending', 'held', 'ready', 'rejected', 'expired', 'trashed', 'deleted']),
    tags: z.array(z.string()).readonly(),
    description: z.string().nullable(),
    metadata: z.looseObject({}),
    external_id: z.string().nullable().meta({ description: "The client's own id; null: it has none." }),
    facts,
    focal_point: z
      .object({ x: z.number().min(0).max(1), y: z.number().min(0).max(1) })
      .nullable()
      .meta({
        description:
          'The point that crops with `position=focal` keep, as fractions of width and height from the left and the top.',
        examples: [{ x: 0.25, y: 0.4 }],
      }),
    visibility: z.enum(VISIBILITIES).meta({
      description: '`public`: anyone may see the presets of the image, and nothing else of it.',
    }),
    s3_key: z.string().nullable(),
    s3_url: z
      .string()
      .nullable()
      .meta({ examples: ['s3://safelight/images/user123/...'] }),
    created_at: z.iso.datetime(),
    upload_time: z.iso.datetime().nullable().meta({ description: 'The time of verification.' }),
    updated_at: z.iso.datetime(),
    revision: z.int().meta({
      description:
        'Grows with every change of the status and of what PATCH changes; not with `renditions` and `rendition_failures`. If-Match takes it.',
    }),
    placeholder: z.string().nullable().meta({ description: 'ThumbHash, base64.' }),
    dominant_color: z
      .string()
      .nullable()
      .meta({
        description: '`#rrggbb`, the dominant color; null for some images of a restored backup.',
        examples: ['#c08552'],
      }),
    renditions: z
      .record(z.string(), z.url())
      .nullable()
      .meta({ description: 'The URL of each preset; null unless the image is ready.' }),
    rendition_failures: z
      .record(z.string(), z.string())
      .optional()
      .meta({ description: 'The reason for each preset that was given up; absent if there are none.' }),
    rejection: z.object({ code: z.string(), detail: z.string(), params: problemParams.optional() }).optional(),
    replaces: z
      .uuid()
      .optional()
      .meta({ description: 'The image whose bytes this upload is to replace; absent if it is one of its own.' }),
    held_until: z.iso.datetime().optional().meta({
      description:
        'Of a held image: when the wait for the current check ends. Its bytes are sound, and not served yet.',
    }),
    added_by: z
      .object({
        guest_id: z.string().meta({ description: 'The same for all that one browser added by this link.' }),
        name: z.string().nullable().meta({ description: 'As the guest calls itself.' }),
        link_id: z.string().nullable(),
      })
      .optional()
      .meta({ description: 'The guest who added it by a link of an album; absent if none did.' }),
    purge_at: z.iso.datetime().optional().meta({ description: 'When a trashed image is deleted for good.' }),
  })
  .meta({ id: 'Image' });

/** An image of a list: one schema with and without `fields`, because generators can't tell which of two is answered. */
const listedImage = image
  .partial()
  .required({ image_id: true })
  .meta({ id: 'ListedImage', description: 'All fields of an image; with `fields` only these, and `image_id`.' });

/** The answer for a deleted image under the Idempotency-Key of its upload. */
export const deletedImage = z.object({ image_id: z.uuid(), status: z.literal('deleted') }).meta({ id: 'DeletedImage' });

/** The answer to the request that trashes an image, and to repeated uploads under its Idempotency-Key. */
export const trashedImage = z
  .object({
    image_id: z.uuid(),
    status: z.literal('trashed'),
    purge_at: z.iso.datetime().meta({ description: 'When the image is deleted for good.' }),
  })
  .meta({ id: 'TrashedImage' });

export const imageList = z
  .object({
    count: z.int().meta({ description: 'The number of images on this page.' }),
    total: z.int().optional().meta({
      description: 'With count_total: the number of images on all pages of this list. Absent without it.',
    }),
    images: z.array(listedImage),
    next_cursor: z.string().nullable(),
    pending: z.int().optional().meta({
      description: 'Matching uploads that are still being verified: request again. Absent if there are none.',
    }),
  })
  .meta({ id: 'ImageList' });

export const download = z
  .object({
    download_url: z.url(),
    expires_at: z.iso.datetime(),
    content_type: z.string().optional().meta({ description: 'Of the JPEG; absent for the original.' }),
    size: z.int().optional().meta({ description: 'Of the JPEG, in bytes; absent for the original.' }),
  })
  .meta({ id: 'Download' });

export const deletion = z
  .object({
    message: z.literal('Image deleted successfully'),
    image_id: z.uuid(),
    status: z.literal('deleted'),
  })
  .meta({ id: 'Deletion' });

/** When the URLs of the examples expire. */
export const EXAMPLE_EXPIRY = '2026-01-31T12:05:00.000Z';

const SHA256 = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

const ATTEMPT = '01a1f82b-9a3e-7c51-8f0e-5d1f6b7c2a90';

export const EXAMPLE_IMAGE = {
  image_id: EXAMPLE_ID,
  user_id: 'user123',
  filename: 'sunset.jpg',
  content_type: 'image/jpeg',
  size: 482_133,
  width: 4_032,
  height: 3_024,
  sha256: SHA256,
  status: 'ready',
  tags: ['sunset', 'beach'],
  description: 'Sunset at the beach',
  metadata: { camera: 'x' },
  external_id: 'order-1042/front',
  facts: EXAMPLE_FACTS,
  focal_point: { x: 0.25, y: 0.4 },
  visibility: 'private',
  s3_key: `images/user123/${EXAMPLE_ID}/${ATTEMPT}/sunset.jpg`,
  s3_url: `s3://safelight/images/user123/${EXAMPLE_ID}/${ATTEMPT}/sunset.jpg`,
  created_at: '2026-01-31T12:00:00.000Z',
  upload_time: '2026-01-31T12:00:04.210Z',
  updated_at: '2026-01-31T12:00:04.210Z',
  revision: 2,
  placeholder: '1QcSHQRnh493V4dIh4eXh1h4kJUI',
  dominant_color: '#b5784a',
  renditions: {
    thumb: `http://127.0.0.1:8000/images/${EXAMPLE_ID}/renditions/thumb?v=4e1f0a7c92`,
    small: `http://127.0.0.1:8000/images/${EXAMPLE_ID}/renditions/small?v=c9a4160be7`,
    medium: `http://127.0.0.1:8000/images/${EXAMPLE_ID}/renditions/medium?v=b06d3c5581`,
    large: `http://127.0.0.1:8000/images/${EXAMPLE_ID}/renditions/large?v=97c2e8d340`,
  },
};

export const EXAMPLE_HELD_IMAGE = {
  ...EXAMPLE_IMAGE,
  ...{ tags: [], description: null, metadata: {}, external_id: null, facts: null, focal_point: null },
  ...{ s3_key: null, s3_url: null, placeholder: null, dominant_color: null, renditions: null },
  status: 'held',
  held_until: '2026-03-02T12:00:04.210Z',
  added_by: { guest_id: 'q8s7m0l3u6wX2aVbT4nKcg', name: 'Anna', link_id: EXAMPLE_LINK_ID },
};

export const EXAMPLE_REJECTED = {
  ...EXAMPLE_IMAGE,
  external_id: null,
  ...{ size: null, width: null, height: null, sha256: null, s3_key: null, s3_url: null, upload_time: null },
  facts: null,
  focal_point: null,
  visibility: 'private',
  placeholder: null,
  dominant_color: null,
  renditions: null,
  status: 'rejected',
  rejection: {
    code: 'unreadable-image',
    detail: 'expected a JPEG that ends with its EOI marker; got one that is cut off',
    params: { reason: 'cut-off' },
  },
};

export const EXAMPLE_JPEG_URL = `http://127.0.0.1:8000/objects/safelight/renditions/1c8e/${EXAMPLE_ID}/free/b3a9f1d06e5c4f7c9a1d2e80764b5c31?X-Amz-Signature=...`;

export const EXAMPLE_DOWNLOAD_URL = `http://127.0.0.1:8000/objects/safelight/${EXAMPLE_IMAGE.s3_key}?X-Amz-Signature=...`;

/** The detail of a restore without its image. */
export const NOT_TRASHED = 'expected a trashed image; got none with this id';

const fraction = z
  .number('expected a number from 0 to 1')
  .min(0, got('expected a number from 0 to 1'))
  .max(1, got('expected a number from 0 to 1'));

const focalPoint = closedObject({ x: fraction, y: fraction }, 'expected an object with x and y')
  .transform(roundedFocalPoint)
  .meta({
    description:
      'The point that crops with `position=focal` keep: fractions of width and height, as seen, from the left and the top, rounded to 4 decimals.',
    examples: [{ x: 0.25, y: 0.4 }],
  });

/**
 * null clears a field, except the filename and the visibility, which every image has. Other fields can't be changed.
 */
export const changeBody = closedObject({
  filename: filename.optional(),
  description: description.nullable().optional(),
  tags: tags.nullable().optional(),
  metadata: metadata.nullable().optional(),
  external_id: externalId.nullable().optional(),
  focal_point: focalPoint.nullable().optional(),
  taken_at: takenAt.optional(),
  position: position.optional(),
  visibility: visibility.optional(),
});

export const metadataQuery = z.object({
  wait: z
    .string('expected one whole number')
    .meta({ type: 'integer', minimum: 0, maximum: 20, default: 0 })
    .refine((value) => /^\d{1,2}$/.test(value) && Number(value) <= 20, got('expected a whole number from 0 to 20'))
    .transform(Number)
    .default(0)
    .meta({ description: 'Seconds to wait while the image is pending.' }),
});

export const changeQuery = z.object({ user_id: userId.optional() });
export const bytesQuery = z.object({
  download: booleanParameter
    .optional()
    .meta({ description: '`true`: the answer is a presigned URL and the image in JSON instead of the bytes.' }),
});
export const downloadQuery = z.object({
  disposition: z.enum(['attachment', 'inline'], got('expected attachment or inline')).default('attachment'),
});
/** An earlier service looked for the image among those of this user. */
export const originalDownloadQuery = downloadQuery.extend({
  user_id: userId.optional().meta({ description: 'The owner: an image of another user is a 404.' }),
  format: z.literal('jpeg', got('expected jpeg')).optional().meta({
    description:
      'Absent: the original. `jpeg`: a JPEG of the same size, upright, in sRGB and without metadata, made by the first request.',
  }),
});
