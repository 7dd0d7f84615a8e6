import * as z from 'zod';
import {
  DEFAULT_TOKEN_SECONDS,
  MAX_TOKEN_IMAGES,
  MAX_TOKEN_SECONDS,
  MIN_TOKEN_SECONDS,
  type UploadBounds,
} from '../../domain/access/upload-token.ts';
import { acceptedType, MEDIA_TYPES } from '../../domain/image/media-type.ts';
import type { MintUploadTokenInput } from '../../operations/upload-tokens/mint-upload-token.ts';
import {
  batchOf,
  closedObject,
  contentType,
  externalId,
  imageIdText,
  metadata,
  tags,
  userId,
  visibility,
  wholeNumber,
} from '../request/fields.ts';
import { ifExists, requireAlone } from '../request/kept-fields.ts';

export const expiresIn = wholeNumber(
  `expected a whole number of seconds from ${MIN_TOKEN_SECONDS} to ${MAX_TOKEN_SECONDS}`,
  {
    min: MIN_TOKEN_SECONDS,
    max: MAX_TOKEN_SECONDS,
  },
);
export const maxBytes = wholeNumber('expected a whole number of bytes, 1 or more', {
  min: 1,
  max: Number.MAX_SAFE_INTEGER,
});
export const maxImages = wholeNumber(`expected a whole number from 1 to ${MAX_TOKEN_IMAGES}`, {
  min: 1,
  max: MAX_TOKEN_IMAGES,
});

export const contentTypes = batchOf('type', contentType, MEDIA_TYPES.length)
  .transform((given) => MEDIA_TYPES.filter((type) => given.some((one) => acceptedType(one) === type)))
  .meta({
    type: 'array',
    minItems: 1,
    maxItems: MEDIA_TYPES.length,
    items: { type: 'string', enum: [...MEDIA_TYPES] },
  });

/** The bounds of uploads by a token. In JSON a null field counts as absent. */
export const uploadBounds = {
  max_bytes: maxBytes
    .nullish()
    .meta({ description: 'The largest size of each image. The limits of the service apply too.' }),
  content_types: contentTypes
    .nullish()
    .meta({ description: 'The types of uploads. Default: every type that the service accepts.' }),
  max_images: maxImages
    .nullish()
    .meta({ description: 'How many grants and direct uploads the token permits. Default: any number.' }),
  tags: tags.nullish().meta({ description: 'Every upload has these tags and no others.' }),
  metadata: metadata.nullish().meta({ description: 'Every upload has this metadata and no other.' }),
  visibility: visibility.nullish().meta({ description: 'Every upload has this visibility.' }),
};

export const uploadTokenBody = closedObject({
  user_id: userId
    .nullish()
    .meta({ description: "The owner of the uploads. A user's own credential may leave it out." }),
  expires_in: expiresIn
    .nullish()
    .meta({ description: `Seconds until the token expires. Default: ${DEFAULT_TOKEN_SECONDS}, an hour.` }),
  ...uploadBounds,
  external_id: externalId.nullish().meta({ description: 'Every upload has this external id.' }),
  if_exists: ifExists.nullish().meta({
    description:
      'With external_id: `replace` lets each upload replace the bytes of the ready image that has the id. The minter needs `images:write`.',
  }),
  replaces: imageIdText.nullish().meta({
    description:
      'The id of a ready image, whose bytes every upload replaces. The token has no tags, metadata, visibility and external_id then. The minter needs `images:write`.',
  }),
})
  .superRefine(requireAlone)
  .refine(({ external_id, if_exists }) => external_id || !if_exists, {
    error: 'expected an external_id beside if_exists; got none',
    path: ['if_exists'],
  });

type GivenBounds = Partial<{
  [name in keyof typeof uploadBounds]: z.output<(typeof uploadBounds)[name]>;
}>;

export const boundsOf = (given: GivenBounds): UploadBounds => ({
  maxBytes: given.max_bytes ?? null,
  contentTypes: given.content_types ?? null,
  maxImages: given.max_images ?? null,
  fixed: {
    tags: given.tags ?? undefined,
    metadata: given.metadata ?? undefined,
    visibility: given.visibility ?? undefined,
  },
});

export const mintInput = (given: z.output<typeof uploadTokenBody>): MintUploadTokenInput => {
  const { external_id: externalId, if_exists: ifExists, replaces } = given;
  const bounds = boundsOf(given);
  return {
    expiresInSeconds: given.expires_in ?? DEFAULT_TOKEN_SECONDS,
    ...bounds,
    fixed: { ...bounds.fixed, ...(externalId && { externalId }), ...(ifExists && { ifExists }) },
    replaces: replaces ?? undefined,
  };
};

export const uploadToken = z
  .object({
    token: z.string().meta({ description: 'The credential, for `Authorization: Bearer`.' }),
    token_id: z.string().meta({ description: 'Names the token in the audit. It is no secret.' }),
    user_id: z.string().meta({ description: 'Whose uploads they are.' }),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: 'UploadToken' });

/** No token of any service. */
export const EXAMPLE_TOKEN = {
  token: `slu_${'x'.repeat(120)}.${'x'.repeat(43)}`,
  token_id: 'q7Zt0cJ4nXW9sYdB2uLk3A',
  user_id: 'user123',
  expires_at: '2026-01-31T12:10:00.000Z',
};
