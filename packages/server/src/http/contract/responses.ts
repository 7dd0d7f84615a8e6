import * as z from 'zod';
import { SCOPES } from '../../domain/access/principal.ts';
import type { ErrorCode, RejectionCode } from '../../domain/errors.ts';
import { VISIBILITIES } from '../../domain/image/visibility.ts';
import { PROBLEMS } from '../problem.ts';

/** Schemas of answers, for openapi.json. Answers aren't validated at run time, which would cost a tenth of a list. */
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
    status: z.enum(['pending', 'ready', 'rejected', 'expired', 'trashed', 'deleted']),
    tags: z.array(z.string()).readonly(),
    description: z.string().nullable(),
    metadata: z.looseObject({}),
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
        description: '`#rrggbb`, the dominant color; null for images that an earlier version verified.',
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
    rejection: z.object({ code: z.string(), detail: z.string() }).optional(),
    purge_at: z.iso.datetime().optional().meta({ description: 'When a trashed image is deleted for good.' }),
  })
  .meta({ id: 'Image' });

/** An image of a list: one schema with and without `fields`, because generators can't tell which of two is answered. */
const listedImage = image
  .partial()
  .required({ image_id: true })
  .meta({ id: 'ListedImage', description: 'All fields of an image; with `fields` only these, and `image_id`.' });

export const grant = z
  .object({
    image_id: z.uuid(),
    upload_url: z.url().meta({ description: 'Accepts the bytes, with exactly this method and these headers.' }),
    method: z.enum(['PUT', 'POST']),
    headers: z.record(z.string(), z.string()),
    fields: z
      .record(z.string(), z.string())
      .optional()
      .meta({ description: "With POST: the form's fields, before its `file`." }),
    expires_at: z.iso.datetime(),
    max_size: z.int().meta({ description: 'Bytes.' }),
    status: z.literal('pending'),
  })
  .meta({ id: 'Grant' });

/** The answer of `POST /uploads`, in one shape also after the upload. */
export const upload = grant
  .extend({
    upload_url: z.url().nullable().meta({
      description:
        'Accepts the bytes, with exactly this method and these headers; null if a repeated Idempotency-Key is of an upload that is no longer pending.',
    }),
    expires_at: z.iso.datetime().nullable().meta({ description: 'null without an upload_url.' }),
    status: image.shape.status,
  })
  .meta({ id: 'Upload' });

/** The answer for a deleted image under the Idempotency-Key of its upload. */
const deletedImage = z.object({ image_id: z.uuid(), status: z.literal('deleted') }).meta({ id: 'DeletedImage' });

/** The answer to the request that trashes an image, and to repeated uploads under its Idempotency-Key. */
export const trashedImage = z
  .object({
    image_id: z.uuid(),
    status: z.literal('trashed'),
    purge_at: z.iso.datetime().meta({ description: 'When the image is deleted for good.' }),
  })
  .meta({ id: 'TrashedImage' });

/** The answer to an upload: a grant, or the image. */
export const uploadAnswer = z.union([grant, image, trashedImage, deletedImage]);

export const imageList = z
  .object({
    count: z.int().meta({ description: 'The number of images on this page.' }),
    images: z.array(listedImage),
    next_cursor: z.string().nullable(),
    pending: z.int().optional().meta({
      description: 'Matching uploads that are still being verified: request again. Absent if there are none.',
    }),
  })
  .meta({ id: 'ImageList' });

export const download = z.object({ download_url: z.url(), expires_at: z.iso.datetime() }).meta({ id: 'Download' });

export const presigned = z
  .object({ image_id: z.uuid(), presigned_url: z.url(), expires_at: z.iso.datetime(), metadata: image })
  .meta({ id: 'PresignedImage' });

export const renditionDownload = z
  .object({
    download_url: z.url(),
    expires_at: z.iso.datetime(),
    content_type: z.string(),
    size: z.int().meta({ description: 'Bytes.' }),
  })
  .meta({ id: 'RenditionDownload' });

export const purge = z
  .object({ image_id: z.uuid(), removed: z.int().meta({ description: 'The number of removed renditions.' }) })
  .meta({ id: 'Purge' });

export const renderLink = z
  .object({
    image_id: z.uuid(),
    url: z.url(),
    expires_at: z.iso.datetime().nullable().meta({ description: 'null: the URL never expires.' }),
  })
  .meta({ id: 'RenderLink' });

export const shareLink = z
  .object({
    link_id: z.string(),
    url: z.url().meta({ description: 'Anyone may open it. With `&download=true` the bytes are saved as a file.' }),
    what: z.enum(['original', 'preset']),
    preset: z.string().nullable().meta({ description: 'null: the link opens the original.' }),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: 'ShareLink' });

export const shareLinkList = z
  .object({ count: z.int().meta({ description: 'The number of links.' }), links: z.array(shareLink) })
  .meta({ id: 'ShareLinkList' });

export const linkRevocation = z
  .object({ link_id: z.string(), status: z.literal('revoked') })
  .meta({ id: 'LinkRevocation' });

export const urlRevocation = z
  .object({ image_id: z.uuid(), revoked_at: z.iso.datetime() })
  .meta({ id: 'UrlRevocation' });

export const deletion = z
  .object({
    message: z.literal('Image deleted successfully'),
    image_id: z.uuid(),
    status: z.literal('deleted'),
  })
  .meta({ id: 'Deletion' });

export const apiKey = z
  .object({
    key_id: z.string(),
    name: z.string(),
    owner: z.string().nullable(),
    acts_as: z
      .array(z.string())
      .readonly()
      .nullable()
      .meta({ description: '`["*"]`: everyone. null: it is no service.' }),
    scopes: z.array(z.enum(SCOPES)).readonly(),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime().nullable(),
    last_used_at: z.iso.datetime().nullable().meta({ description: 'To the hour; null: never.' }),
    revoked_at: z.iso.datetime().nullable(),
    replaces: z.string().optional().meta({ description: 'The id of its predecessor; absent if it has none.' }),
  })
  .meta({ id: 'ApiKey' });

export const createdApiKey = apiKey
  .extend({
    key: z.string().meta({ description: 'The credential, for `Authorization: Bearer`. It is never shown again.' }),
  })
  .meta({ id: 'CreatedApiKey' });

export const keyList = z
  .object({
    count: z.int().meta({ description: 'The number of keys on this page.' }),
    keys: z.array(apiKey),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: 'ApiKeyList' });

export const keyRevocation = z
  .object({ key_id: z.string(), revoked_at: z.iso.datetime() })
  .meta({ id: 'KeyRevocation' });

export const uploadToken = z
  .object({
    token: z.string().meta({ description: 'The credential, for `Authorization: Bearer`.' }),
    token_id: z.string().meta({ description: 'Names the token in the audit. It is no secret.' }),
    user_id: z.string().meta({ description: 'Whose uploads they are.' }),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: 'UploadToken' });
const amount = (of: string) =>
  z
    .int()
    .nullable()
    .meta({ description: `The most ${of}; null: no limit.` });

export const userUsage = z
  .object({
    user_id: z.string(),
    bytes: z.int().meta({ description: 'Of stored originals, also of trashed ones.' }),
    images: z.int().meta({ description: 'Ready and trashed ones.' }),
    pending: z.int().meta({ description: 'Uploads that were granted and are undecided.' }),
    reserved_bytes: z.int().meta({ description: 'The most that the pending uploads may store.' }),
    trashed_bytes: z.int().meta({ description: 'The part of `bytes` that is in the trash.' }),
    limits: z.object({
      bytes: amount('stored and reserved bytes'),
      images: amount('stored and pending images'),
      pending: amount('pending uploads'),
    }),
  })
  .meta({ id: 'Usage' });

export const ownerUsage = userUsage
  .extend({ has_own_limits: z.boolean().meta({ description: 'false: they are the configured ones.' }) })
  .meta({ id: 'UserUsage' });

export const ownerUsageList = z
  .object({
    count: z.int().meta({ description: 'The number of users on this page.' }),
    users: z.array(ownerUsage),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: 'UserUsageList' });

export const caller = z
  .object({
    kind: z.enum(['open', 'user', 'service', 'admin', 'upload-token']),
    user_id: z.string().nullable().meta({ description: 'For whom a request is that names nobody; null: for none.' }),
    users: z.array(z.string()).nullable().meta({ description: 'For whom requests may be; null: for everyone.' }),
    scopes: z.array(z.enum(SCOPES)),
  })
  .meta({ id: 'Caller' });
export type Caller = z.input<typeof caller>;

export const problem = z
  .object({
    type: z.string().meta({ description: "The code's entry in docs/problems.md." }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'A sentence for a person: what was expected, and what the service got.' }),
    error: z.string().meta({ description: 'The same as `detail`, for clients of the earlier services.' }),
    code: z.enum(Object.keys(PROBLEMS)),
    request_id: z.string(),
    policy: z
      .string()
      .optional()
      .meta({ description: 'With `rate-limited`: the rate limit that is used up, as in `RateLimit-Policy`.' }),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
    quota: z
      .object({
        limit: z.enum(['bytes', 'images', 'pending']),
        max: z.int(),
        used: z.int(),
        reserved: z.int(),
        asked: z.int(),
      })
      .optional()
      .meta({ description: 'Of `quota-exceeded`: which limit, and the numbers that exceed it together.' }),
  })
  .meta({ id: 'Problem' });

/** Problems of reading a complete body. */
export const BODY_PROBLEMS = [
  'malformed-body',
  'upload-too-large',
  'body-interrupted',
  'overloaded',
] as const satisfies readonly ErrorCode[];

/** Reasons for refusing an image's bytes. */
export const REJECTION_PROBLEMS = [
  'empty-upload',
  'upload-too-large',
  'unsupported-type',
  'type-mismatch',
  'unreadable-image',
  'too-many-pixels',
  'processing-failed',
] as const satisfies readonly RejectionCode[];

/** Problems of finding or making a rendition. */
export const MAKE_PROBLEMS = [
  'invalid-request',
  'image-not-found',
  'image-not-ready',
  'rendition-failed',
  'overloaded',
  'decoder-failed',
  'insufficient-storage',
] as const satisfies readonly ErrorCode[];

export const RENDER_PROBLEMS = [
  ...MAKE_PROBLEMS,
  'revision-conflict',
  'range-not-satisfiable',
] as const satisfies readonly ErrorCode[];

/** Problems of examining a pending image or storing its bytes. */
export const WORK_PROBLEMS = [
  'overloaded',
  'decoder-failed',
  'insufficient-storage',
] as const satisfies readonly ErrorCode[];
