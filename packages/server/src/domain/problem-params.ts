import type { ErrorCode } from './errors.ts';
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
  reason: ['cut-off', 'damaged', 'animated', 'crashed', 'too-many-pixels', 'unreadable-image', 'invalid-request'],
  revision: 'count',
  scope: 'text',
  size_bytes: 'count',
  status: ['pending', 'ready', 'rejected', 'expired', 'trashed', 'deleted'],
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

/** Which values each code may have. Codes that aren't listed have none. */
export const PROBLEM_PARAMS: { readonly [Code in ErrorCode]?: readonly ParamName[] } = {
  'invalid-request': ['limit_bytes', 'got_bytes', 'limit', 'formats', 'got'],
  'upload-too-large': ['limit_bytes', 'got_bytes'],
  'unsupported-type': ['formats', 'got'],
  'unsupported-body': ['got'],
  'type-mismatch': ['declared', 'got'],
  'content-mismatch': ['expected_bytes', 'got_bytes', 'expected_sha256', 'got_sha256'],
  'unreadable-image': ['reason', 'got'],
  'too-many-pixels': [
    'width',
    'height',
    'frames',
    'channels',
    'limit_pixels',
    'limit_side',
    'limit_frames',
    'limit_channels',
  ],
  'processing-failed': ['attempts'],
  'rendition-failed': ['preset', 'reason', 'attempts'],
  'missing-scope': ['scope'],
  'upload-token-used-up': ['max_images'],
  'image-not-ready': ['status', 'reason'],
  'too-many-links': ['limit'],
  'revision-conflict': ['revision'],
  'range-not-satisfiable': ['size_bytes'],
  overloaded: ['ahead'],
  'rate-limited': ['limit', 'window_seconds'],
};

/** What `formats` says where any type that the service stores would do. */
export const ACCEPTED_FORMATS: readonly string[] = MEDIA_TYPES;

/** Those values of `given` that a problem of this code has in a sound form; undefined if there are none. Never throws. */
export function soundParams(code: ErrorCode, given: unknown): ProblemParams | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const sound = (PROBLEM_PARAMS[code] ?? []).filter(
    (name) => Object.hasOwn(given, name) && isSound(KINDS[name], Reflect.get(given, name)),
  );
  if (sound.length === 0) return undefined;
  return Object.fromEntries(sound.map((name) => [name, Reflect.get(given, name)]));
}

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
  const codes = Object.entries(PROBLEM_PARAMS).flatMap(([code, names]) =>
    names.includes(name) ? [`\`${code}\``] : [],
  );
  const description = `Of ${codes.join(', ')}.`;
  const text = { type: 'string', maxLength: MAX_TEXT_LENGTH };
  if (kind === 'count') return { type: 'integer', minimum: 0, description };
  if (kind === 'text') return { ...text, description };
  if (kind === 'texts') return { type: 'array', items: text, maxItems: MAX_TEXTS, description };
  return { type: 'string', enum: kind, description };
}

export const PARAM_NAMES = Object.keys(KINDS) as readonly ParamName[];
