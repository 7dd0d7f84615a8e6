import { z } from 'zod';
import type { Json } from '../domain/image.ts';
import { acceptedType, MEDIA_TYPES } from '../domain/media-type.ts';
import { MAX_USER_ID_LENGTH } from '../domain/principal.ts';
import { isDeeperThan } from './json-depth.ts';
import { shown } from './shown.ts';

/** DESIGN 4's limits of what a client says of its image. Lengths are in code points. */
const MAX_FILENAME_LENGTH = 255;
const MAX_TAGS = 20;
const MAX_TAG_LENGTH = 64;
const MAX_DESCRIPTION_LENGTH = 2_000;
const MAX_METADATA_BYTES = 4_096;
/** Each level takes two bytes, so nothing deeper fits; to measure deeper values would overflow the stack. */
const MAX_METADATA_DEPTH = MAX_METADATA_BYTES / 2;
const MAX_LIST_LIMIT = 1_000;
const DEFAULT_LIST_LIMIT = 100;

/** The sentence with what came: the value itself, which a transform may have made from what was sent. */
const came = (expected: string) => ({
  error: ({ input }: { input?: unknown }) => `${expected}; came ${shown(input)}`,
});

const codePoints = (value: string): number => {
  let count = 0;
  for (const _ of value) count += 1;
  return count;
};

/** Text that can be stored and sent: UTF-8 has no lone surrogates. */
const text = (name: string, max: number) =>
  z
    .string(`expected ${name} as text`)
    .refine((value) => value.isWellFormed(), came('expected well-formed Unicode'))
    .refine((value) => codePoints(value) <= max, {
      error: ({ input }) => `expected at most ${max} characters; came ${codePoints(String(input))}`,
    })
    .meta({ maxLength: max });

const line = (name: string, max: number) =>
  text(name, max)
    .refine((value) => value.length > 0, `expected ${name} of at least 1 character; came none`)
    .refine((value) => !/\p{Cc}/u.test(value), came('expected no control characters'));

export const userId = line('a user id', MAX_USER_ID_LENGTH).meta({
  maxLength: MAX_USER_ID_LENGTH,
  examples: ['user123'],
});
const filename = line('a file name', MAX_FILENAME_LENGTH).meta({
  maxLength: MAX_FILENAME_LENGTH,
  examples: ['sunset.jpg'],
});
const description = text('a description', MAX_DESCRIPTION_LENGTH).meta({
  maxLength: MAX_DESCRIPTION_LENGTH,
  examples: ['Sunset at the beach'],
});

/** It goes into a header as it is: printable ASCII, and no novel. */
const HEADER_VALUE = /^[\x20-\x7e]{1,100}$/;

const contentType = z
  .string('expected a content type as text')
  .refine((type) => acceptedType(type) !== undefined && HEADER_VALUE.test(type), {
    ...came(`expected one of ${MEDIA_TYPES.join(', ')}`),
    params: { code: 'unsupported-type' },
  })
  .meta({ examples: ['image/jpeg'] });

const tag = line('a tag', MAX_TAG_LENGTH).meta({ maxLength: MAX_TAG_LENGTH });
const tags = z
  .custom<string[]>(Array.isArray, 'expected an array of tags')
  // Before each of a million is looked at; what repeats itself less than that may still come down to 20.
  .refine((given) => given.length <= MAX_TAGS * 10, {
    error: ({ input }) => `expected at most ${MAX_TAGS} tags; came ${Array.isArray(input) ? input.length : 'none'}`,
    abort: true,
  })
  .pipe(z.array(z.string('expected a tag as text')))
  .transform((given) => [...new Set(given.map((one) => one.normalize('NFC').trim()))])
  .pipe(
    z.array(tag).max(MAX_TAGS, {
      error: ({ input }) => `expected at most ${MAX_TAGS} tags; came ${Array.isArray(input) ? input.length : 'none'}`,
    }),
  )
  .meta({ type: 'array', items: { type: 'string' }, examples: [['sunset', 'beach']] });

/** As parameters have them: comma-separated, or repeated, or both. */
const tagParameters = z
  .union([z.string(), z.array(z.string())])
  .meta({ examples: ['sunset,beach'] }) // before the transform: what follows describes its result
  .transform((given) =>
    [given]
      .flat()
      .flatMap((one) => one.split(','))
      .filter((one) => one.trim() !== ''),
  )
  .pipe(tags)
  .meta({ description: 'Comma-separated, or repeated.' });

type JsonObject = { readonly [name: string]: Json };

/** Kept as the very value that was parsed: rebuilding it would drop keys such as `__proto__`. */
const metadata = z
  .custom<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), {
    error: 'expected a JSON object',
    abort: true,
  })
  .refine((value) => !isDeeperThan(value, MAX_METADATA_DEPTH), {
    error: `expected at most ${MAX_METADATA_BYTES} bytes of JSON; came more`,
    abort: true,
  })
  .refine((value) => Buffer.byteLength(JSON.stringify(value)) <= MAX_METADATA_BYTES, {
    error: ({ input }) =>
      `expected at most ${MAX_METADATA_BYTES} bytes of JSON; came ${Buffer.byteLength(JSON.stringify(input))}`,
  })
  .meta({ type: 'object', description: `Anything of the client's own, up to ${MAX_METADATA_BYTES} bytes of JSON.` });

const metadataText = z
  .string('expected one JSON object')
  .meta({ examples: ['{"camera":"x"}'] })
  .transform((value, context): unknown => {
    try {
      return JSON.parse(value);
    } catch {
      context.addIssue({ code: 'custom', message: 'expected a JSON object; came text that is not JSON' });
      return z.NEVER;
    }
  })
  .pipe(metadata)
  .meta({ description: 'A JSON object.' });

/** In JSON a field may be null, which is as good as absent. */
const inJson = {
  user_id: userId.nullish(),
  filename: filename.nullish(),
  description: description.nullish(),
  tags: tags.nullish(),
  metadata: metadata.nullish(),
};

/** In a query or a form everything is text. */
const inParameters = {
  user_id: userId.optional(),
  filename: filename.optional(),
  description: description.optional(),
  tags: tagParameters.optional(),
  metadata: metadataText.optional(),
};

/** SHA-256 as hex or base64; the result is lower-case hex. */
const sha256 = z
  .string('expected a SHA-256 as text')
  .meta({ examples: ['ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'] })
  .refine((value) => /^[0-9a-f]{64}$/i.test(value) || /^[A-Za-z0-9+/]{43}=$/.test(value), {
    ...came('expected a SHA-256 in hex or base64'),
  })
  .transform((value) => (value.length === 64 ? value.toLowerCase() : Buffer.from(value, 'base64').toString('hex')));

export const grantBody = z
  .object(
    {
      ...inJson,
      content_type: contentType,
      size: z
        .int('expected the size in bytes, a whole number')
        .min(1, came('expected at least 1 byte'))
        .nullish()
        .meta({ description: 'Bytes, exactly; the URL then takes no other length.' }),
      sha256: sha256
        .nullish()
        .meta({ description: 'Hex or base64; the URL then takes no other bytes. With PUT only.' }),
      method: z
        .enum(['PUT', 'POST'], came('expected PUT or POST'))
        .nullish()
        .meta({ description: 'PUT unless given; POST grants a form (S3 POST policy).' }),
    },
    'expected a JSON object',
  )
  .refine(({ method, sha256 }) => method !== 'POST' || !sha256, {
    error: 'expected sha256 with method PUT only',
    path: ['sha256'],
  });

/** Each upload is parsed on its own, so that what is wrong with one harms no other. */
const MAX_BATCH_UPLOADS = 100;
export const batchGrantBody = z.object(
  {
    user_id: userId.nullish(),
    uploads: z
      .array(z.unknown(), 'expected an array of uploads')
      .min(1, came('expected at least 1 upload'))
      .max(MAX_BATCH_UPLOADS, came(`expected at most ${MAX_BATCH_UPLOADS} uploads`)),
  },
  'expected a JSON object',
);

const MAX_BATCH_DELETES = 1_000;
export const batchDeleteBody = z.object(
  {
    user_id: userId.nullish(),
    image_ids: z
      .array(z.string('expected an image id as text'), 'expected an array of image ids')
      .min(1, came('expected at least 1 image id'))
      .max(MAX_BATCH_DELETES, came(`expected at most ${MAX_BATCH_DELETES} image ids`)),
  },
  'expected a JSON object',
);

/** null clears a field, except the file name, which every image has. What isn't here can't be changed. */
export const changeBody = z.strictObject(
  {
    filename: filename.optional(),
    description: description.nullable().optional(),
    tags: tags.nullable().optional(),
    metadata: metadata.nullable().optional(),
  },
  {
    error: ({ code, keys }) =>
      code === 'unrecognized_keys'
        ? `expected only filename, description, tags, metadata; came ${keys?.slice(0, 5).join(', ')}`
        : 'expected a JSON object',
  },
);

export const metadataQuery = z.object({
  wait: z
    .string('expected one whole number')
    .meta({ type: 'integer', minimum: 0, maximum: 20, default: 0 })
    .refine((value) => /^\d{1,2}$/.test(value) && Number(value) <= 20, came('expected a whole number from 0 to 20'))
    .transform(Number)
    .default(0)
    .meta({ description: 'Seconds to wait for as long as the image is pending.' }),
});
export const grantQuery = z.object({
  ...inParameters,
  content_type: contentType.optional().meta({ description: 'Of a grant: image/jpeg unless given.', examples: [] }),
});
export const directQuery = z.object(inParameters);
export const formQuery = z.object({ ...inParameters, content_type: contentType.optional() });
export const directForm = z.object({
  ...inParameters,
  content_type: contentType.optional().meta({ description: "The file part's own unless given.", examples: [''] }),
});

/** Family 4's body: the image's own metadata are whatever else its `metadata` holds. */
export const base64Body = z.object({
  file: z.string('expected the image as base64 text').meta({ description: 'Base64, bare or as a data: URL.' }),
  user_id: userId.nullish(),
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

export const ownMetadata = z.object({ metadata });

/** What all forms of upload come down to. */
export type Described = Partial<
  Record<'user_id' | 'filename' | 'description', string | null | undefined> & {
    tags: readonly string[] | null | undefined;
    metadata: JsonObject | null | undefined;
  }
>;

/** What a grant says besides. */
export type GrantFields = Described & {
  content_type: string;
  size?: number | null | undefined;
  sha256?: string | null | undefined;
  method?: 'PUT' | 'POST' | null | undefined;
};

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DAY_MS = 86_400_000;

/** An ISO 8601 date (a UTC day) or instant with its offset; the result is where the day or the millisecond begins. */
const dateParameter = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })], {
    error: ({ input }) =>
      `expected an ISO 8601 date or instant, as 2026-01-31 or 2026-01-31T12:00:00Z; came ${shown(input)}`,
  })
  .meta({ examples: ['2026-01-31'] });

const startDate = dateParameter.transform((value) => new Date(value));
/** Inclusive: the first millisecond after it. */
const endDate = dateParameter.transform((value) => new Date(Date.parse(value) + (DATE.test(value) ? DAY_MS : 1)));

export const listQuery = z
  .object({
    user_id: userId.optional(),
    tag: z
      .union([z.string(), z.array(z.string())])
      .transform((given) => [given].flat())
      .pipe(tags)
      .optional()
      .meta({ description: 'An image must carry it; repeated: all of them, or any by tag_mode.' }),
    tag_mode: z
      .enum(['all', 'any'], came('expected all or any'))
      .optional()
      .meta({ description: 'Of several tags: all of them (as it is unless given) or any.' }),
    status: z
      .enum(['ready', 'pending', 'rejected', 'expired'], came('expected ready, pending, rejected or expired'))
      .default('ready')
      .meta({
        description: "Any but ready needs a user_id (or one's own X-User-Id) and combines with dates and order only.",
      }),
    order: z.enum(['newest', 'oldest'], came('expected newest or oldest')).default('newest'),
    cursor: z.string('expected one cursor').optional().meta({ description: "The previous page's next_cursor." }),
    content_type: contentType.optional(),
    start_date: startDate.optional().meta({ description: 'Created then or later.' }),
    end_date: endDate.optional().meta({ description: 'Created then or earlier; a bare date covers its UTC day.' }),
    limit: z
      .string(`expected one whole number from 1 to ${MAX_LIST_LIMIT}`)
      .meta({ type: 'integer', minimum: 1, maximum: MAX_LIST_LIMIT, default: DEFAULT_LIST_LIMIT })
      .refine((value) => /^\d{1,4}$/.test(value) && Number(value) >= 1 && Number(value) <= MAX_LIST_LIMIT, {
        ...came(`expected a whole number from 1 to ${MAX_LIST_LIMIT}`),
      })
      .transform(Number)
      .default(DEFAULT_LIST_LIMIT),
  })
  .refine(({ start_date, end_date }) => !start_date || !end_date || start_date < end_date, {
    error: 'expected an end_date no earlier than start_date',
    path: ['end_date'],
  })
  .refine(({ status, tag, tag_mode, content_type }) => status === 'ready' || !(tag ?? tag_mode ?? content_type), {
    error: 'expected tag, tag_mode and content_type with status ready only',
    path: ['status'],
  });

export const changeQuery = z.object({ user_id: userId.optional() });
export const bytesQuery = z.object({
  download: z
    .enum(['true', 'false'], came('expected true or false'))
    .optional()
    .meta({ description: '`true` answers a presigned URL and the image in JSON instead of the bytes.' }),
});
export const downloadQuery = z.object({
  disposition: z.enum(['attachment', 'inline'], came('expected attachment or inline')).default('attachment'),
});
