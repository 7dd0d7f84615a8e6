import { MEDIA_TYPES } from './image/media-type.ts';

/** The forms of a parameter, and their bounds: whatever a record or a decoder says, an answer shows no more. */
type Kind = 'count' | 'text' | 'texts' | readonly string[];

const MAX_TEXT_LENGTH = 100;
const MAX_TEXTS = 10;

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
  limit: 'count',
  limit_bytes: 'count',
  limit_channels: 'count',
  limit_frames: 'count',
  limit_pixels: 'count',
  limit_side: 'count',
  max_images: 'count',
  preset: 'text',
  reason: [
    'cut-off',
    'damaged',
    'animated',
    'crashed',
    'too-many-pixels',
    'unreadable-image',
    'invalid-request',
    'no-user',
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
  : Form extends 'text'
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
    case 'texts':
      return Array.isArray(value) && value.length <= MAX_TEXTS && value.every(isShortText);
    default:
      return kind.some((word) => word === value);
  }
}

const isShortText = (value: unknown): boolean =>
  typeof value === 'string' && value.length <= MAX_TEXT_LENGTH && /^[^\p{Cc}\p{Cf}\p{Co}\p{Cs}]+$/u.test(value);

/** The form of a value in a JSON schema. */
export function paramSchema(name: ParamName): Record<string, unknown> {
  const kind: Kind = KINDS[name];
  const text = { type: 'string', maxLength: MAX_TEXT_LENGTH };
  if (kind === 'count') return { type: 'integer', minimum: 0 };
  if (kind === 'text') return text;
  if (kind === 'texts') return { type: 'array', items: text, maxItems: MAX_TEXTS };
  return { type: 'string', enum: kind };
}
