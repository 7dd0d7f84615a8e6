import * as z from 'zod';
import { roundedFocalPoint } from '../../domain/image/focal-point.ts';
import { wordsIn } from '../../domain/image/search-words.ts';
import { preview } from '../../text/preview.ts';
import { didYouMean } from '../../text/similar-name.ts';
import {
  batchOf,
  booleanParameter,
  closedObject,
  contentType,
  description,
  filename,
  got,
  imageIdText,
  metadata,
  numberParameter,
  shortText,
  tags,
  userId,
  visibility,
} from '../request/fields.ts';
import { image } from './image-answers.ts';

const MAX_LIST_LIMIT = 1_000;
const DEFAULT_LIST_LIMIT = 100;

const MAX_BATCH_IMAGES = 1_000;
export const batchOfImagesBody = closedObject({
  user_id: userId.nullish(),
  image_ids: batchOf('image id', imageIdText, MAX_BATCH_IMAGES).meta({
    type: 'array',
    minItems: 1,
    maxItems: MAX_BATCH_IMAGES,
    items: { type: 'string' },
  }),
});

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
  focal_point: focalPoint.nullable().optional(),
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

/** The longest usual instant has 35, with nanoseconds and an offset. */
const MAX_TIME_LENGTH = 64;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const OFFSET = /(?:Z|[+-]\d{2}:\d{2})$/;
const DAY_MS = 86_400_000;

const EXPECTED_TIME = 'expected an ISO 8601 date or instant, as 2026-01-31 or 2026-01-31T12:00:00Z';

/** An ISO 8601 date (a UTC day), or a date-time. A date-time without an offset is UTC. */
const dateParameter = shortText(EXPECTED_TIME, MAX_TIME_LENGTH)
  .pipe(z.union([z.iso.date(), z.iso.datetime({ offset: true, local: true })], got(EXPECTED_TIME)))
  .meta({ anyOf: [{ format: 'date' }, { format: 'date-time' }], examples: ['2026-01-31'] });

/** The beginning of the day or millisecond. `Date` takes a date-time without an offset as the machine's local time. */
const instant = (value: string): Date => new Date(DATE.test(value) || OFFSET.test(value) ? value : `${value}Z`);

const startDate = dateParameter.transform(instant);
/** Inclusive: the result is the first millisecond after it. */
const endDate = dateParameter.transform(
  (value) => new Date(instant(value).getTime() + (DATE.test(value) ? DAY_MS : 1)),
);

/** The fields of an image's JSON. */
const FIELDS: readonly string[] = image.keyof().options;
/** Characters: twice the names of all fields. */
const MAX_FIELDS_LENGTH = 512;

const fields = shortText('expected one list of field names, separated by commas', MAX_FIELDS_LENGTH)
  .meta({ maxLength: MAX_FIELDS_LENGTH, examples: ['filename,width,height'] })
  .transform((text, context): readonly string[] => {
    const names = text.split(',');
    const refuse = (message: string): void => context.addIssue({ code: 'custom', message });
    let known = `fields of ${FIELDS.join(', ')}`; // listed once, however many are unknown
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) < index) {
        refuse(`expected each field once; got ${preview(name)} again`);
      } else if (!FIELDS.includes(name)) {
        refuse(`expected ${known}; got ${preview(name)}${didYouMean(name, FIELDS)}`);
        known = 'a field of an image';
      }
    }
    return names;
  });

/** In code points. */
const MAX_SEARCH_LENGTH = 100;

const searchText = shortText('expected words to search for', MAX_SEARCH_LENGTH)
  .refine((value) => wordsIn(value).length > 0, got('expected a word of letters or digits'))
  .meta({
    minLength: 1,
    maxLength: MAX_SEARCH_LENGTH,
    examples: ['sunset beach'],
    description:
      'Each word must be the beginning of a word in the filename or the description (of their first 100), in any case. One user only: needs user_id (or X-User-Id), and combines with dates and order only.',
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
      .enum(
        ['ready', 'pending', 'held', 'rejected', 'expired', 'trashed'],
        got('expected ready, pending, held, rejected, expired or trashed'),
      )
      .default('ready')
      .meta({
        description:
          'pending, held and rejected without a user_id (or X-User-Id): of all users. expired and trashed need one. Any status except ready combines with dates and order only.',
      }),
    order: z.enum(['newest', 'oldest'], got('expected newest or oldest')).default('newest'),
    cursor: z.string('expected one cursor').optional().meta({ description: "The previous page's next_cursor." }),
    content_type: contentType.optional(),
    fields: fields.optional().meta({
      description:
        'Only these fields of each image, separated by commas; `image_id` is always there. No filter: the next page may have other fields.',
    }),
    q: searchText.optional(),
    start_date: startDate.optional().meta({ description: 'The earliest creation time.' }),
    end_date: endDate
      .optional()
      .meta({ description: 'The latest creation time; a date without a time includes that UTC day.' }),
    limit: numberParameter({ max: MAX_LIST_LIMIT, otherwise: DEFAULT_LIST_LIMIT }),
  })
  .refine(({ start_date, end_date }) => !start_date || !end_date || start_date < end_date, {
    error: 'expected an end_date no earlier than start_date',
    path: ['end_date'],
  })
  .refine(({ status, tag, tag_mode, content_type }) => status === 'ready' || !(tag ?? tag_mode ?? content_type), {
    error: 'expected tag, tag_mode and content_type with status ready only',
    path: ['status'],
  })
  .refine((asked) => !asked.q || besideSearch(asked).length === 0, {
    error: ({ input }) =>
      `expected q without tag, tag_mode, content_type or another status; got ${besideSearch(Object(input)).join(', ')}`,
    path: ['q'],
  });

interface Filters {
  readonly status?: string | undefined;
  readonly tag?: unknown;
  readonly tag_mode?: unknown;
  readonly content_type?: unknown;
}

/** The parameters that a search doesn't combine with. */
function besideSearch({ status, tag, tag_mode, content_type }: Filters): string[] {
  const given = { tag, tag_mode, content_type, status: status === 'ready' ? undefined : status };
  return Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name]));
}

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
