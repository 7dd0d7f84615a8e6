import * as z from 'zod';
import { TRANSFORM_PARAMETERS, type TransformParameter } from '../../domain/rendition/transform-parameters.ts';
import { batchOf, booleanParameter, closedObject, got, imageIdText, shortText, userId } from '../request/fields.ts';
import { EXAMPLE_ID } from '../request/path-parts.ts';

const MAX_BATCH_RENDERS = 1_000;
/** A year. A longer-lived URL has no expiry. */
const MAX_LINK_SECONDS = 31_536_000;

/**
 * Describes a value and takes any: the table parses it (domain/rendition/transform-parameters.ts), so that URLs and
 * bodies mean the same.
 */
const described = ({ values, schema, about }: Pick<TransformParameter<never>, 'values' | 'schema' | 'about'>) =>
  z
    .unknown()
    .optional()
    .meta({ ...schema, description: `${about} Expected: ${values}.` });

/** The fields of a transform. */
const transformFields: Readonly<Record<string, z.ZodType>> = Object.fromEntries(
  Object.values(TRANSFORM_PARAMETERS).map((parameter) => [parameter.name, described(parameter)]),
);

export const renderQuery = z.object({
  ...transformFields,
  epoch: z.string().optional().meta({ description: "The image's epoch when the URL was signed. Absent: 0." }),
  exp: z.string().optional().meta({ description: 'The expiry of the URL, in seconds since 1970.' }),
  kid: z.string().meta({ description: 'The id of the signing key.' }),
  sig: z.string().meta({ description: 'The signature: HMAC-SHA256 of the path and all other parameters.' }),
});

const linkFields = {
  expires_in: z
    .int('expected a whole number of seconds')
    .min(1, got('expected at least 1 second'))
    .max(MAX_LINK_SECONDS, got(`expected at most ${MAX_LINK_SECONDS} seconds`))
    .nullish()
    .meta({
      description:
        'Seconds until the URL expires, rounded up, so that requests within a while get the same URL. Absent: it never expires.',
    }),
};

export const renderLinkBody = closedObject({ ...linkFields, ...transformFields });

export const renderLinksBody = closedObject({
  user_id: userId.nullish(),
  renders: batchOf('render', z.unknown(), MAX_BATCH_RENDERS).meta({
    type: 'array',
    minItems: 1,
    maxItems: MAX_BATCH_RENDERS,
    items: {},
  }),
});

export const renderOfBatch = closedObject({ image_id: imageIdText, ...linkFields, ...transformFields });

/** The service's own versions are shorter. */
const MAX_VERSION_LENGTH = 64;

/** The service's own signatures have 43 characters. */
const MAX_SEAL_LENGTH = 64;
const sealText = (description: string) =>
  shortText('expected one value', MAX_SEAL_LENGTH).optional().meta({ description });

export const presetQuery = z
  .object({
    v: shortText('expected one value', MAX_VERSION_LENGTH).optional().meta({
      description: "The version from the image's JSON: it changes with the picture.",
    }),
    trashed: booleanParameter
      .optional()
      .meta({ description: '`true`: of an image in the trash. Needs a credential, and no cache keeps the answer.' }),
    epoch: sealText("The image's epoch when the URL was signed, which a revocation raises. Absent: 0."),
    exp: sealText('The expiry of the URL, in seconds since 1970.'),
    kid: sealText('The id of the signing key.'),
    sig: sealText('The signature: it decides whatever credential the request has.'),
  })
  .refine(({ epoch, exp, kid, sig }) => sig !== undefined || (epoch ?? exp ?? kid) === undefined, {
    error: 'expected sig with epoch, exp and kid; got none',
    path: ['sig'],
  });

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

export const EXAMPLE_RENDITION_URL = `http://127.0.0.1:8000/objects/safelight/renditions/1c8e/${EXAMPLE_ID}/preset/5d0f7f9b6c1e4a83b2d47c90e81fa365?X-Amz-Signature=...`;

export const EXAMPLE_RENDER_URL = `http://127.0.0.1:8000/images/${EXAMPLE_ID}/render?w=512&h=300&fit=cover&exp=1769864400&kid=1f0c9d2e&sig=...`;
