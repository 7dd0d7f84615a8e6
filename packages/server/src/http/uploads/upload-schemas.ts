import * as z from 'zod';
import type { Visibility } from '../../domain/image/visibility.ts';
import { EXAMPLE_EXPIRY, image } from '../images/image-schemas.ts';
import {
  batchOf,
  closedObject,
  contentType,
  description,
  externalId,
  filename,
  got,
  imageIdText,
  type JsonObject,
  metadata,
  metadataText,
  sha256,
  tagParameters,
  tags,
  userId,
  visibility,
} from '../request/fields.ts';
import { ifExists, requireAlone } from '../request/kept-fields.ts';
import { EXAMPLE_ID } from '../request/path-parts.ts';
import { EXAMPLE_PARTS, EXAMPLE_UPLOAD_URL, parts, partsFields } from './parts-schemas.ts';

/** In JSON a null field counts as absent. */
const inJson = {
  user_id: userId.nullish(),
  filename: filename.nullish(),
  description: description.nullish(),
  tags: tags.nullish(),
  metadata: metadata.nullish(),
  visibility: visibility.nullish(),
  external_id: externalId.nullish(),
  if_exists: ifExists.nullish(),
};

/** In a query or a form everything is text. */
const inParameters = {
  user_id: userId.optional(),
  filename: filename.optional(),
  description: description.optional(),
  tags: tagParameters.optional(),
  metadata: metadataText.optional(),
  visibility: visibility.optional(),
  external_id: externalId.optional(),
  if_exists: ifExists.optional(),
};

/** A grant of one request, by PUT or by a form. */
export const requestGrantBody = closedObject({
  ...inJson,
  content_type: contentType,
  size: z
    .int('expected the size in bytes, a whole number')
    .min(1, got('expected at least 1 byte'))
    .nullish()
    .meta({ description: 'The exact size in bytes; the URL then accepts no other size.' }),
  sha256: sha256.nullish().meta({ description: 'Hex or base64; the URL then accepts no other bytes. With PUT only.' }),
  method: z
    .enum(['PUT', 'POST'], got('expected PUT or POST'))
    .nullish()
    .meta({ description: 'Default: PUT. POST grants a form (S3 POST policy).' }),
  replaces: imageIdText.nullish().meta({
    description:
      'The id of a ready image whose bytes these are to replace: its id, description, links and visibility stay. Needs `images:write`, or an upload token that fixes the image.',
  }),
})
  .refine(({ method, sha256 }) => method !== 'POST' || !sha256, {
    error: 'expected sha256 with method PUT only',
    path: ['sha256'],
  })
  .superRefine(requireAlone);

export const grantBody = requestGrantBody.safeExtend(partsFields).superRefine(({ parts, ...fields }, context) => {
  const expect = (path: 'size' | 'method' | 'part_size' | 'part_checksums', message: string) =>
    context.addIssue({ code: 'custom', path: [path], message });
  if (parts && !fields.size) expect('size', 'expected the size of an upload in parts; got nothing');
  if (parts && fields.method === 'POST') expect('method', 'expected PUT for an upload in parts; got POST');
  for (const name of ['part_size', 'part_checksums'] as const)
    if (!parts && fields[name]) expect(name, `expected ${name} with parts: true only`);
});

/** The body of a grant by earlier clients, whose services ignored unknown fields. */
export const earlierGrantBody = requestGrantBody.strip();

/** Parsed one by one, so that an invalid upload doesn't affect the others. */
const MAX_BATCH_UPLOADS = 100;
export const batchGrantBody = closedObject({
  user_id: userId.nullish(),
  uploads: batchOf('upload', z.unknown(), MAX_BATCH_UPLOADS).meta({
    type: 'array',
    minItems: 1,
    maxItems: MAX_BATCH_UPLOADS,
    items: {},
  }),
});

export const grantQuery = z.object({
  ...inParameters,
  content_type: contentType.optional().meta({ description: 'The type of a grant; default: image/jpeg.', examples: [] }),
});
export const directQuery = z.object(inParameters);
/** A form's fields may also be in the query. */
export const formQuery = z.object({
  ...inParameters,
  content_type: contentType.optional().meta({ description: 'Default: that of the form.', examples: [] }),
});
export const directForm = z.object({
  ...inParameters,
  // /docs fills in the first example: a type would be wrong for files of other types.
  content_type: contentType.optional().meta({ description: 'Default: the type of the file part.', examples: [''] }),
});

/** An upload as base64 in JSON (docs/compatibility.md). Other fields of `metadata` are the image's own metadata. */
export const base64Body = closedObject({
  file: z.string('expected the image as base64 text').meta({ description: 'Base64, bare or as a data: URL.' }),
  user_id: userId.nullish(),
  visibility: inJson.visibility,
  external_id: inJson.external_id,
  if_exists: inJson.if_exists,
  metadata: z
    .looseObject(
      {
        filename: inJson.filename,
        content_type: contentType.nullish(),
        tags: inJson.tags,
        description: inJson.description,
      },
      'expected an object with filename, content_type, tags, description',
    )
    .prefault({}),
});
export const earlierBase64Body = base64Body.strip();

export const ownMetadata = z.object({ metadata });

/** The common result of all forms of upload. */
export type Described = Partial<
  Record<'user_id' | 'filename' | 'description' | 'external_id', string | null | undefined> & {
    tags: readonly string[] | null | undefined;
    metadata: JsonObject | null | undefined;
    visibility: Visibility | null | undefined;
    if_exists: 'replace' | null | undefined;
  }
>;

/** Additional fields of a grant. */
export type GrantFields = Described & {
  content_type: string;
  size?: number | null | undefined;
  sha256?: string | null | undefined;
  method?: 'PUT' | 'POST' | null | undefined;
  parts?: boolean | null | undefined;
  part_size?: number | null | undefined;
  part_checksums?: boolean | null | undefined;
  replaces?: string | null | undefined;
};

const REPLACES = z.uuid().meta({ description: 'The image whose bytes these are to replace; absent if there is none.' });

export const grant = z
  .object({
    image_id: z.uuid(),
    replaces: REPLACES.optional(),
    upload_url: z.url().meta({ description: 'Accepts the bytes, with exactly this method and these headers.' }),
    method: z.enum(['PUT', 'POST']),
    headers: z.record(z.string(), z.string()),
    fields: z
      .record(z.string(), z.string())
      .optional()
      .meta({ description: "With POST: the form's fields, before its `file`." }),
    expires_at: z.iso.datetime(),
    max_size: z.int().meta({ description: 'Bytes.' }),
    parts: parts.optional().meta({ description: 'Of an upload in parts, while it is pending.' }),
    status: z.literal('pending'),
  })
  .meta({ id: 'Grant' });

/** The answer of `POST /uploads`, in one shape also after the upload. */
export const upload = grant
  .extend({
    upload_url: z.url().nullable().meta({
      description:
        'Accepts the bytes, with exactly this method and these headers; null of an upload in parts, and if a repeated Idempotency-Key is of an upload that is no longer pending.',
    }),
    expires_at: z.iso.datetime().nullable().meta({
      description: 'When the URL ends, or the upload if it is in parts; null if it is no longer pending.',
    }),
    status: image.shape.status,
  })
  .meta({ id: 'Upload' });

export const EXAMPLE_GRANT = {
  image_id: EXAMPLE_ID,
  upload_url: `${EXAMPLE_UPLOAD_URL}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=300&X-Amz-Signature=...`,
  method: 'PUT',
  headers: { 'Content-Type': 'image/jpeg' },
  expires_at: EXAMPLE_EXPIRY,
  max_size: 52_428_800,
  status: 'pending',
};

export const EXAMPLE_PARTS_GRANT = {
  ...EXAMPLE_GRANT,
  upload_url: null,
  headers: {},
  parts: { ...EXAMPLE_PARTS, received: [] },
};

export const EXAMPLE_FORM_GRANT = {
  ...EXAMPLE_GRANT,
  upload_url: 'http://127.0.0.1:8000/objects/safelight',
  method: 'POST',
  headers: {},
  fields: {
    key: `incoming/user123/${EXAMPLE_ID}`,
    'Content-Type': 'image/jpeg',
    policy: 'eyJleHBpcmF0aW9uIjoiMjAyNi0wMS0zMVQxMjowNTowMFoi...',
    'x-amz-signature': '...',
  },
};
