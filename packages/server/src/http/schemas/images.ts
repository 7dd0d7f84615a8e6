import { z } from 'zod';
import { wordsIn } from '../../domain/image/search-words.ts';
import { truncated } from '../../text/preview.ts';
import {
  batchOf,
  contentType,
  description,
  filename,
  got,
  imageIdText,
  metadata,
  shortText,
  tags,
  userId,
} from './fields.ts';

const MAX_LIST_LIMIT = 1_000;
const DEFAULT_LIST_LIMIT = 100;

const MAX_BATCH_DELETES = 1_000;
export const batchDeleteBody = z.object(
  {
    user_id: userId.nullish(),
    image_ids: batchOf('image id', imageIdText, MAX_BATCH_DELETES).meta({
      type: 'array',
      minItems: 1,
      maxItems: MAX_BATCH_DELETES,
      items: { type: 'string' },
    }),
  },
  'expected a JSON object',
);

/** null clears a field, except the filename, which every image has. Other fields can't be changed. */
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
        ? `expected only filename, description, tags, metadata; got ${keys?.slice(0, 5).map(truncated).join(', ')}`
        : 'expected a JSON object',
  },
);

export const metadataQuery = z.object({
  wait: z
    .string('expected one whole number')
    .meta({ type: 'integer', minimum: 0, maximum: 20, default: 0 })
    .refine((value) => /^\d{1,2}$/.test(value) && Number(value) <= 20, got('expected a whole number from 0 to 20'))
    .transform(Number)
    .default(0)
    .meta({ description: 'Seconds to wait while the image is pending.' }),
});

/** The longest usual instant has 35, with nanoseconds and an offset. */
const MAX_TIME_LENGTH = 64;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DAY_MS = 86_400_000;

const EXPECTED_TIME = 'expected an ISO 8601 date or instant, as 2026-01-31 or 2026-01-31T12:00:00Z';

/** An ISO 8601 date (a UTC day) or an instant with an offset. The result is the beginning of the day or millisecond. */
const dateParameter = shortText(EXPECTED_TIME, MAX_TIME_LENGTH)
  .pipe(z.union([z.iso.date(), z.iso.datetime({ offset: true })], got(EXPECTED_TIME)))
  .meta({ anyOf: [{ format: 'date' }, { format: 'date-time' }], examples: ['2026-01-31'] });

const startDate = dateParameter.transform((value) => new Date(value));
/** Inclusive: the result is the first millisecond after it. */
const endDate = dateParameter.transform((value) => new Date(Date.parse(value) + (DATE.test(value) ? DAY_MS : 1)));

/** In code points. */
const MAX_SEARCH_LENGTH = 100;

const searchText = shortText('expected words to search for', MAX_SEARCH_LENGTH)
  .refine((value) => wordsIn(value).length > 0, got('expected a word of letters or digits'))
  .meta({
    minLength: 1,
    maxLength: MAX_SEARCH_LENGTH,
    examples: ['sunset beach'],
    description:
      'Words that all begin words of the filename or the description, in any case. One user only: needs user_id (or X-User-Id), and combines with dates and order only.',
  });

export const listQuery = z
  .object({
    user_id: userId.optional(),
    tag: z
      .union([z.string(), z.array(z.string())])
      .transform((given) => [given].flat())
      .pipe(tags)
      .optional()
      .meta({ description: 'A tag of the images. Repeated: all tags, or any of them with tag_mode=any.' }),
    tag_mode: z
      .enum(['all', 'any'], got('expected all or any'))
      .optional()
      .meta({ description: 'Whether images must have all of several tags (default) or any.' }),
    status: z
      .enum(['ready', 'pending', 'rejected', 'expired'], got('expected ready, pending, rejected or expired'))
      .default('ready')
      .meta({
        description:
          'pending and rejected without a user_id (or X-User-Id): of all users. expired needs one. Any status except ready combines with dates and order only.',
      }),
    order: z.enum(['newest', 'oldest'], got('expected newest or oldest')).default('newest'),
    cursor: z.string('expected one cursor').optional().meta({ description: "The previous page's next_cursor." }),
    content_type: contentType.optional(),
    q: searchText.optional(),
    start_date: startDate.optional().meta({ description: 'The earliest creation time.' }),
    end_date: endDate
      .optional()
      .meta({ description: 'The latest creation time; a date without a time includes that UTC day.' }),
    limit: z
      .string(`expected one whole number from 1 to ${MAX_LIST_LIMIT}`)
      .meta({ type: 'integer', minimum: 1, maximum: MAX_LIST_LIMIT, default: DEFAULT_LIST_LIMIT })
      .refine((value) => /^\d{1,4}$/.test(value) && Number(value) >= 1 && Number(value) <= MAX_LIST_LIMIT, {
        ...got(`expected a whole number from 1 to ${MAX_LIST_LIMIT}`),
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
  })
  .refine(
    ({ q, status, tag, tag_mode, content_type }) => !q || (status === 'ready' && !(tag ?? tag_mode ?? content_type)),
    {
      error: 'expected q with user_id, dates and order only',
      path: ['q'],
    },
  );

export const changeQuery = z.object({ user_id: userId.optional() });
export const bytesQuery = z.object({
  download: z
    .enum(['true', 'false'], got('expected true or false'))
    .optional()
    .meta({ description: '`true`: the answer is a presigned URL and the image in JSON instead of the bytes.' }),
});
export const downloadQuery = z.object({
  disposition: z.enum(['attachment', 'inline'], got('expected attachment or inline')).default('attachment'),
});
