import * as z from 'zod';
import { MAX_USER_ID_LENGTH, prefixFault, userIdFault } from '../../domain/access/user-id.ts';
import { externalIdFault, MAX_EXTERNAL_ID_BYTES } from '../../domain/external-id.ts';
import type { Json } from '../../domain/image/image.ts';
import { MAX_TAGS } from '../../domain/image/image-filter.ts';
import { acceptedType } from '../../domain/image/media-type.ts';
import { VISIBILITIES } from '../../domain/image/visibility.ts';
import { MAX_METADATA_BYTES } from '../../domain/metadata/edits.ts';
import { preview } from '../../text/preview.ts';
import { unknownName } from '../../text/similar-name.ts';
import { lengthFault } from '../../text/text-length.ts';
import { unsupportedParams, unsupportedType } from './content-type.ts';
import { isDeeperThan, isLargerThan } from './json-size.ts';
import { MAX_ERRORS } from './validation.ts';

/** Limits of a client's texts. Lengths are in code points. */
const MAX_FILENAME_LENGTH = 255;
const MAX_TAG_LENGTH = 64;
/** As sent: NFC composes at most four code points into one, and takes quadratic time for runs of combining marks. */
const MAX_SENT_TAG_LENGTH = 4 * MAX_TAG_LENGTH;
/** As sent: after deduplication at most 20 may remain. */
const MAX_SENT_TAGS = 10 * MAX_TAGS;
const MAX_DESCRIPTION_LENGTH = 2_000;
/** Each level takes two bytes, so nothing deeper fits. Measuring deeper values would overflow the stack. */
const MAX_METADATA_DEPTH = MAX_METADATA_BYTES / 2;
/** Larger values aren't serialized to measure them. */
const COUNTED_METADATA_LENGTH = 8 * MAX_METADATA_BYTES;
/** As text: escapes and white space may quadruple the size. */
const MAX_METADATA_TEXT_LENGTH = 4 * MAX_METADATA_BYTES;

/** Adds the refused value to the message. A transform may have made that value from what the client sent. */
export const got = (expected: string) => ({
  error: ({ input }: { input?: unknown }) => `${expected}; got ${preview(input)}`,
});

/** An object that refuses unknown fields: an ignored one would look obeyed. Its error has a line for each of them. */
export function closedObject<Shape extends z.ZodRawShape>(shape: Shape, expected = 'expected a JSON object') {
  const names = Object.keys(shape);
  return z.strictObject(shape, {
    error: ({ code, keys }: { code?: string; keys?: readonly string[] }) =>
      code === 'unrecognized_keys'
        ? keys
            ?.slice(0, MAX_ERRORS)
            .map((name) => unknownName(name, names))
            .join('\n')
        : expected,
  });
}

export const wholeNumber = (expected: string, { min, max }: { readonly min: number; readonly max: number }) =>
  z
    .number(expected)
    .refine((value) => Number.isSafeInteger(value) && value >= min && value <= max, got(expected))
    .meta({ type: 'integer', minimum: min, ...(max < Number.MAX_SAFE_INTEGER && { maximum: max }) });

/** A whole number in a query. */
export const numberParameter = ({
  min = 1,
  max,
  otherwise,
}: {
  readonly min?: number;
  readonly max: number;
  readonly otherwise: number;
}) =>
  z
    .string(`expected one whole number from ${min} to ${max}`)
    .meta({ type: 'integer', minimum: min, maximum: max, default: otherwise })
    .refine(
      (value) => isDigits(value, String(max).length) && Number(value) >= min && Number(value) <= max,
      got(`expected a whole number from ${min} to ${max}`),
    )
    .transform(Number)
    .default(otherwise);

const isDigits = (value: string, most: number): boolean => value.length <= most && /^\d+$/.test(value);

/** The parameters of lists for admins. */
const MAX_LISTED = 100;
export const listPage = {
  limit: numberParameter({ max: MAX_LISTED, otherwise: MAX_LISTED }),
  cursor: z.string('expected one cursor').optional().meta({ description: "The previous page's next_cursor." }),
};

/** Refuses by length alone, so that no later check sees a longer text. */
export const shortText = (expected: string, max: number) =>
  z.string(expected).refine((value) => lengthFault(value, max) === undefined, {
    error: ({ input }) => lengthFault(String(input), max),
    abort: true,
  });

/** Text that can be stored and sent: UTF-8 has no lone surrogates. */
const text = (name: string, max: number) =>
  shortText(`expected ${name} as text`, max)
    .refine((value) => value.isWellFormed(), got('expected well-formed Unicode'))
    .meta({ maxLength: max });

/** Text of one line, and not empty. */
export const line = (name: string, max: number) =>
  text(name, max)
    .refine((value) => value.length > 0, `expected ${name} of at least 1 character; got none`)
    .refine((value) => !/\p{Cc}/u.test(value), got('expected no control characters'));

export const visibility = z
  .enum(VISIBILITIES, got('expected private or public'))
  .meta({ description: '`public`: anyone may see the presets of the image, and nothing else of it.' });

const USER_ID = { maxLength: MAX_USER_ID_LENGTH, minLength: 1, examples: ['user123'] };
/** A user whom a request names. With a credential `actingFor` requires more. */
export const userId = line('a user id', MAX_USER_ID_LENGTH).meta(USER_ID);
/** A user whom an admin records. */
export const recordedUserId = shortText('expected a user id as text', MAX_USER_ID_LENGTH)
  .refine((value) => userIdFault(value) === undefined, { error: ({ input }) => userIdFault(String(input)) })
  .meta(USER_ID);
/** The beginning of user ids. */
export const userPrefix = shortText('expected a prefix of user ids as text', MAX_USER_ID_LENGTH)
  .refine((value) => prefixFault(value) === undefined, { error: ({ input }) => prefixFault(String(input)) })
  .meta({ minLength: 1, maxLength: MAX_USER_ID_LENGTH, examples: ['acme:'] });
/** Bidi controls reorder the display: a name could seem to have another extension (UAX 9). */
export const filename = line('a file name', MAX_FILENAME_LENGTH)
  .refine((value) => !/\p{Bidi_Control}/u.test(value), got('expected no bidirectional control characters'))
  .meta({
    minLength: 1,
    maxLength: MAX_FILENAME_LENGTH,
    examples: ['sunset.jpg'],
  });
export const description = text('a description', MAX_DESCRIPTION_LENGTH).meta({
  maxLength: MAX_DESCRIPTION_LENGTH,
  examples: ['Sunset at the beach'],
});

/**
 * `expected`: the fault of a value that is no text. Without an example: pages of documentation fill them in, and the
 * second upload with one is a 409.
 */
export const externalIdAs = (expected: string) =>
  z
    .string(expected)
    .refine((value) => externalIdFault(value) === undefined, { error: ({ input }) => externalIdFault(String(input)) })
    .meta({ minLength: 1, maxLength: MAX_EXTERNAL_ID_BYTES });
export const externalId = externalIdAs('expected an external_id as text').meta({
  description:
    'Your own id, such as order-1042/front, unique among the images of the user. At most 200 bytes of UTF-8.',
});

/** The longest usual instant has 35 characters, with nanoseconds and an offset. */
const MAX_TIME_LENGTH = 64;
const EXPECTED_TIME = 'expected an ISO 8601 instant, as 2027-01-31T12:00:00Z';

export const instant = shortText(EXPECTED_TIME, MAX_TIME_LENGTH)
  .pipe(z.iso.datetime({ offset: true, ...got(EXPECTED_TIME) }))
  .transform((value) => new Date(value))
  .meta({ format: 'date-time', examples: ['2027-01-31T12:00:00Z'] });

/** The value is sent in a header unchanged. */
const MAX_CONTENT_TYPE_LENGTH = 100;
const PRINTABLE_ASCII = /^[\x20-\x7e]+$/;

export const contentType = z
  .string('expected a content type as text')
  .check(({ value: type, issues }) => {
    if (type.length <= MAX_CONTENT_TYPE_LENGTH && PRINTABLE_ASCII.test(type) && acceptedType(type)) return;
    const params = { code: 'unsupported-type', values: unsupportedParams(type) };
    issues.push({ code: 'custom', input: type, message: unsupportedType(type), params });
  })
  .meta({ examples: ['image/jpeg'] });

const tag = line('a tag', MAX_TAG_LENGTH).meta({ maxLength: MAX_TAG_LENGTH });
/** The beginning of a tag, as stored tags are normalized. */
export const tagPrefix = shortText('expected the beginning of a tag', MAX_TAG_LENGTH)
  .transform((text) => text.normalize('NFC').trimStart())
  .meta({ maxLength: MAX_TAG_LENGTH, examples: ['sea'] });
/** For openapi.json. More is accepted as sent, if it is less once tags are normalized, trimmed and deduplicated. */
const TAGS = {
  type: 'array',
  maxItems: MAX_TAGS,
  items: { type: 'string', minLength: 1, maxLength: MAX_TAG_LENGTH },
  examples: [['sunset', 'beach']],
};
export const tags = z
  .custom<string[]>(Array.isArray, 'expected an array of tags')
  // Before any of up to a million elements is examined.
  .refine((given) => given.length <= MAX_SENT_TAGS, {
    error: ({ input }) => `expected at most ${MAX_TAGS} tags; got ${Array.isArray(input) ? input.length : 'none'}`,
    abort: true,
  })
  .pipe(z.array(shortText('expected a tag as text', MAX_SENT_TAG_LENGTH)))
  .transform((given) => [...new Set(given.map((one) => one.normalize('NFC').trim()))])
  .pipe(
    z.array(tag).max(MAX_TAGS, {
      error: ({ input }) => `expected at most ${MAX_TAGS} tags; got ${Array.isArray(input) ? input.length : 'none'}`,
    }),
  )
  .meta(TAGS);

/** The form of parameters: comma-separated, repeated, or both. */
export const tagParameters = z
  .custom<string | string[]>((given) => typeof given === 'string' || Array.isArray(given))
  // Before the transform: later metadata describes its result. Generators repeat a parameter for each element.
  .meta(TAGS)
  .transform((given) =>
    [given]
      .flat()
      .flatMap((one) => one.split(','))
      .filter((one) => one.trim() !== ''),
  )
  .pipe(tags)
  .meta({ description: 'Comma-separated or repeated.' });

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['false', false],
  ['0', false],
  ['no', false],
]);
const MAX_BOOLEAN_LENGTH = 5;

const booleanOf = (value: string): boolean | undefined =>
  value.length > MAX_BOOLEAN_LENGTH ? undefined : BOOLEANS.get(value.toLowerCase());

/** Clients write `True` (Python's requests), `1` and `yes` too. */
export const booleanParameter = z
  .string(got('expected true or false'))
  .meta({ type: 'boolean', examples: [true, false] })
  .refine((value) => booleanOf(value) !== undefined, got('expected true or false'))
  .transform((value) => booleanOf(value) === true);

export type JsonObject = { readonly [name: string]: Json };

/** Keeps the parsed value itself: rebuilding it would drop keys such as `__proto__`. */
export const metadata = z
  .custom<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), {
    error: 'expected a JSON object',
    abort: true,
  })
  .refine((value) => !isDeeperThan(value, MAX_METADATA_DEPTH) && !isLargerThan(value, COUNTED_METADATA_LENGTH), {
    error: `expected at most ${MAX_METADATA_BYTES} bytes of JSON; got more`,
    abort: true,
  })
  .refine((value) => Buffer.byteLength(JSON.stringify(value)) <= MAX_METADATA_BYTES, {
    error: ({ input }) =>
      `expected at most ${MAX_METADATA_BYTES} bytes of JSON; got ${Buffer.byteLength(JSON.stringify(input))}`,
  })
  .meta({ type: 'object', description: `The client's own data, up to ${MAX_METADATA_BYTES} bytes of JSON.` });

export const metadataText = shortText('expected one JSON object', MAX_METADATA_TEXT_LENGTH)
  .meta({ examples: ['{"camera":"x"}'] })
  .transform((value, context): unknown => {
    try {
      return JSON.parse(value);
    } catch {
      context.addIssue({ code: 'custom', message: 'expected a JSON object; got other text' });
      return z.NEVER;
    }
  })
  .pipe(metadata)
  .meta({ description: 'A JSON object.' });

/** An id has 36. A malformed id has its own result in a batch, which repeats it. */
const MAX_IMAGE_ID_LENGTH = 100;
export const imageIdText = shortText('expected an image id as text', MAX_IMAGE_ID_LENGTH);

/** 1 to `max` elements of a batch, counted before any of up to a million is examined. */
export const batchOf = <Element extends z.ZodType>(name: string, element: Element, max: number) =>
  z
    .custom<unknown[]>(Array.isArray, `expected an array of ${name}s`)
    .refine((given) => given.length >= 1, { ...got(`expected at least 1 ${name}`), abort: true })
    .refine((given) => given.length <= max, { ...got(`expected at most ${max} ${name}s`), abort: true })
    .pipe(z.array(element));

/** SHA-256 as hex or base64; the result is lower-case hex. */
export const sha256 = z
  .string('expected a SHA-256 as text')
  .meta({ examples: ['ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'] })
  .refine((value) => /^[0-9a-f]{64}$/i.test(value) || /^[A-Za-z0-9+/]{43}=$/.test(value), {
    ...got('expected a SHA-256 in hex or base64'),
  })
  .transform((value) => (value.length === 64 ? value.toLowerCase() : Buffer.from(value, 'base64').toString('hex')));
