import * as z from 'zod';
import { parseAlbumId } from '../../domain/album/album-id.ts';
import { type ClockSpan, parseClockSpan } from '../../domain/facts/clock-span.ts';
import { wordsIn } from '../../domain/image/search-words.ts';
import { isByCapture, isOfAlbum, LIST_ORDERS } from '../../domain/lists/list-position.ts';
import { preview } from '../../text/preview.ts';
import { didYouMean } from '../../text/similar-name.ts';
import {
  contentType,
  externalIdAs,
  got,
  numberParameter,
  shortText,
  tags,
  userId,
  visibility,
} from '../request/fields.ts';
import { besideCount, countTotal } from './count-total.ts';
import { image } from './image-schemas.ts';

const MAX_LIST_LIMIT = 1_000;
const DEFAULT_LIST_LIMIT = 100;

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

const EXPECTED_CLOCK = 'expected a year, month, day or time without an offset, as 2024-07 or 2024-07-14T18:22';

/** A span of the picture's own clock. */
const clockSpan = shortText(EXPECTED_CLOCK, MAX_TIME_LENGTH)
  .refine((value) => parseClockSpan(value) !== undefined, got(EXPECTED_CLOCK))
  .transform((value) => parseClockSpan(value) as ClockSpan)
  .meta({ maxLength: MAX_TIME_LENGTH, examples: ['2024-07'] });

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
      'Each word must be the beginning of a word in the filename or the description, or in the title, camera or keywords that the picture says (of their first 100), in any case. View tokens search the first two. One user only: needs user_id (or X-User-Id). Combines with tag, tag_mode, content_type, visibility and dates.',
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
      .optional()
      .meta({
        default: 'ready',
        description:
          'pending, held and rejected without a user_id (or X-User-Id): of all users. expired and trashed need one. Any status except ready combines with dates and order only.',
      }),
    order: z
      .enum(LIST_ORDERS, got(`expected one of ${LIST_ORDERS.join(', ')}`))
      .optional()
      .meta({
        default: 'newest',
        description:
          'By upload (newest, oldest), in an album also by addition (added) or by hand (manual), or by capture: an image that says no date counts by its upload in UTC. By capture for ready images, with user_id, tag, tag_mode, content_type, taken_from and taken_to; `GET /` says with `taken` whether the service has that order.',
      }),
    album: z
      .string('expected one album')
      .refine((id) => parseAlbumId(id) !== undefined, got('expected the id of an album'))
      .transform((id) => parseAlbumId(id))
      .optional()
      .meta({
        type: 'string',
        format: 'uuid',
        description:
          'Ready images of this album. Combines with tag, tag_mode, content_type, metadata filters and dates; with order=added or manual with nothing else.',
      }),
    cursor: z.string('expected one cursor').optional().meta({ description: "The previous page's next_cursor." }),
    content_type: contentType.optional(),
    visibility: visibility.optional().meta({
      description: 'Where `GET /` says `search`: images of this visibility only. A page may be short before the last.',
    }),
    fields: fields.optional().meta({
      description:
        'Only these fields of each image, separated by commas; `image_id` is always there. No filter: the next page may have other fields.',
    }),
    q: searchText.optional(),
    external_id: externalIdAs('expected one external_id').optional().meta({
      description:
        'Your own id of the image: a list of that image, or of none. Needs user_id (or X-User-Id), and combines with status, fields and limit only. Without status also pending and held images are found; trashed ones with status=trashed.',
    }),
    start_date: startDate.optional().meta({ description: 'The earliest creation time.' }),
    end_date: endDate
      .optional()
      .meta({ description: 'The latest creation time; a date without a time includes that UTC day.' }),
    taken_from: clockSpan.optional().meta({
      description: "The earliest time of capture, as the picture's clock showed it; with q or an order by capture.",
    }),
    taken_to: clockSpan.optional().meta({
      description: 'The latest time of capture; a year, month, day, minute or second is included as a whole.',
    }),
    count_total: countTotal,
    limit: numberParameter({ max: MAX_LIST_LIMIT, otherwise: DEFAULT_LIST_LIMIT }),
  })
  .refine(({ start_date, end_date }) => !start_date || !end_date || start_date < end_date, {
    error: 'expected an end_date no earlier than start_date',
    path: ['end_date'],
  })
  .refine(({ taken_from: from, taken_to: to }) => !from || to?.before === undefined || from.from < to.before, {
    error: 'expected a taken_to no earlier than taken_from',
    path: ['taken_to'],
  })
  .refine(({ order, q, taken_from, taken_to }) => isByCapture(order ?? 'newest') || q || !(taken_from ?? taken_to), {
    error: 'expected order=taken-newest, order=taken-oldest or q with taken_from and taken_to',
    path: ['order'],
  })
  .refine((asked) => !isByCapture(asked.order ?? 'newest') || besideCapture(asked).length === 0, {
    error: ({ input }) =>
      `expected an order by upload with ${besideCapture(Object(input)).join(', ')}; got ${Object(input).order}`,
    path: ['order'],
  })
  .refine(({ order, album }) => !isOfAlbum(order ?? 'newest') || album !== undefined, {
    error: ({ input }) => `expected an album with order=${Object(input).order}; got none`,
    path: ['album'],
  })
  .refine((asked) => !isOfAlbum(asked.order ?? 'newest') || besideAlbumOrder(asked).length === 0, {
    error: ({ input }) =>
      `expected an order by upload or by capture with ${besideAlbumOrder(Object(input)).join(', ')}; got ${Object(input).order}`,
    path: ['order'],
  })
  .refine(({ album, q, visibility }) => album === undefined || (q ?? visibility) === undefined, {
    error: 'expected an album without q and visibility; got one of them too',
    path: ['album'],
  })
  .refine((asked) => isReady(asked.status) || ofReady(asked).length === 0, {
    error: ({ input }) =>
      `expected ${ofReady(Object(input)).join(', ')} with status ready only; got ${Object(input).status}`,
    path: ['status'],
  })
  .refine((asked) => asked.external_id === undefined || besideExternalId(asked).length === 0, {
    error: ({ input }) =>
      `expected external_id with user_id, status, fields and limit only; got ${besideExternalId(Object(input)).join(', ')}`,
    path: ['external_id'],
  })
  .refine(({ external_id, status }) => external_id === undefined || (status !== 'rejected' && status !== 'expired'), {
    error: ({ input }) => `expected pending, held, ready or trashed with external_id; got ${Object(input).status}`,
    path: ['status'],
  })
  .refine((asked) => asked.count_total !== true || besideCount(asked).length === 0, {
    error: ({ input }) =>
      `expected count_total with user_id and status alone, besides order, limit, cursor and fields, since only these are counted; got ${besideCount(Object(input)).join(', ')}`,
    path: ['count_total'],
  });

const isReady = (status: string | undefined): boolean => status === undefined || status === 'ready';

/** The parameters that filter ready images only. */
const ofReady = (asked: Readonly<Record<string, unknown>>): string[] =>
  ['tag', 'tag_mode', 'content_type', 'visibility', 'q', 'album'].filter((name) => asked[name] !== undefined);

/** The parameters that an order of an album doesn't combine with. */
const besideAlbumOrder = (asked: Readonly<Record<string, unknown>>): string[] =>
  ['tag', 'tag_mode', 'content_type', 'start_date', 'end_date'].filter((name) => asked[name] !== undefined);

/** The parameters that an order by capture doesn't combine with. */
function besideCapture({ status, ...asked }: Readonly<Record<string, unknown>>): string[] {
  const others = ['q', 'start_date', 'end_date', 'external_id'].filter((name) => asked[name] !== undefined);
  return status === undefined || status === 'ready' ? others : ['status', ...others];
}

/** The parameters that a look-up doesn't combine with: it has one image at most. */
function besideExternalId(asked: Readonly<Record<string, unknown>>): string[] {
  const others = [
    'tag',
    'tag_mode',
    'content_type',
    'visibility',
    'q',
    'start_date',
    'end_date',
    'taken_from',
    'taken_to',
    'order',
    'cursor',
    'album',
  ];
  return others.filter((name) => asked[name] !== undefined);
}
