import { MEDIA_TYPES } from './image/media-type.ts';
import { FETCH_REASONS } from './ingest/fetch-reason.ts';

/** The forms of a parameter, and their bounds: whatever a record or a decoder says, an answer shows no more. */
type Kind = 'count' | 'text' | 'texts' | 'cursor' | readonly string[];

const MAX_TEXT_LENGTH = 100;
const MAX_TEXTS = 10;
/** The longest has 107: a place in a log of 8 shards, encrypted. */
const MAX_CURSOR_LENGTH = 110;

/** Every name, with its form: `texts` is a short list, an array of words a closed set. */
const KINDS = {
  ahead: 'count',
  attempts: 'count',
  channels: 'count',
  declared: 'text',
  expected_bytes: 'count',
  expected_sha256: 'text',
  formats: 'texts',
  frames: 'count',
  got: 'text',
  got_bytes: 'count',
  got_sha256: 'text',
  height: 'count',
  image_id: 'text',
  limit: 'count',
  limit_bytes: 'count',
  limit_channels: 'count',
  limit_frames: 'count',
  limit_pixels: 'count',
  limit_side: 'count',
  max_images: 'count',
  oldest_cursor: 'cursor',
  preset: 'text',
  reason: [
    'cut-off',
    'damaged',
    'animated',
    'crashed',
    'too-many-pixels',
    'too-many-bytes',
    'unreadable-image',
    'invalid-request',
    'no-user',
    ...FETCH_REASONS,
  ],
  revision: 'count',
  scope: 'text',
  size_bytes: 'count',
  status: ['pending', 'held', 'ready', 'rejected', 'expired', 'trashed', 'deleted'],
  width: 'count',
  window_seconds: 'count',
} as const satisfies Readonly<Record<string, Kind>>;

export type ParamName = keyof typeof KINDS;

type Value<Form> = Form extends 'count'
  ? number
  : Form extends 'text' | 'cursor'
    ? string
    : Form extends 'texts'
      ? readonly string[]
      : Form extends readonly (infer Word)[]
        ? Word
        : never;

/** The values of a problem, for programs: what `detail` says in words. A value that isn't known is absent. */
export type ProblemParams = { readonly [Name in ParamName]?: Value<(typeof KINDS)[Name]> | undefined };

/** What `formats` says where any type that the service stores would do. */
export const ACCEPTED_FORMATS: readonly string[] = MEDIA_TYPES;

export const PARAM_NAMES = Object.keys(KINDS) as readonly ParamName[];

/** Whether a value, wherever it is from, has the form and the bounds of its name. */
export const isSoundParam = (name: ParamName, value: unknown): boolean => isSound(KINDS[name], value);

function isSound(kind: Kind, value: unknown): boolean {
  switch (kind) {
    case 'count':
      return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
    case 'text':
      return isShortText(value);
    case 'cursor':
      return isShortText(value, MAX_CURSOR_LENGTH);
    case 'texts':
      return Array.isArray(value) && value.length <= MAX_TEXTS && value.every((one) => isShortText(one));
    default:
      return kind.some((word) => word === value);
  }
}

const isShortText = (value: unknown, maxLength = MAX_TEXT_LENGTH): boolean =>
  typeof value === 'string' && value.length <= maxLength && /^[^\p{Cc}\p{Cf}\p{Co}\p{Cs}]+$/u.test(value);

/** The form of a value in a JSON schema. */
export function paramSchema(name: ParamName): Record<string, unknown> {
  const kind: Kind = KINDS[name];
  const text = { type: 'string', maxLength: MAX_TEXT_LENGTH };
  if (kind === 'count') return { type: 'integer', minimum: 0 };
  if (kind === 'text') return text;
  if (kind === 'cursor') return { type: 'string', maxLength: MAX_CURSOR_LENGTH };
  if (kind === 'texts') return { type: 'array', items: text, maxItems: MAX_TEXTS };
  return { type: 'string', enum: kind };
}
