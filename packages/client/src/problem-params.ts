import type { components } from './openapi.ts';
import { own } from './own.ts';

type Declared = components['schemas']['ProblemParams'];

/** The values that `detail` says in words. Each is absent if it isn't known, as with an older service. */
export type ProblemParams = {
  readonly [Name in keyof Declared as string extends Name ? never : number extends Name ? never : Name]: Declared[Name];
};

type ParamName = keyof ProblemParams;
type Code = components['schemas']['Problem']['code'];

const NAMES = {
  'invalid-request': ['reason', 'formats', 'got'],
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
  'rendition-failed': ['preset', 'reason', 'attempts', 'limit_bytes', 'got_bytes'],
  'missing-scope': ['scope'],
  'upload-token-used-up': ['max_images'],
  'image-not-ready': ['status'],
  'album-full': ['limit'],
  'too-many-links': ['limit'],
  'too-many-webhooks': ['limit'],
  'cursor-expired': ['oldest_cursor'],
  'revision-conflict': ['revision'],
  'external-id-taken': ['image_id', 'status'],
  'range-not-satisfiable': ['size_bytes'],
  overloaded: ['ahead'],
  'rate-limited': ['limit', 'window_seconds'],
} as const satisfies { readonly [One in Code]?: readonly ParamName[] };

/** Which params each code may have. Codes that aren't listed have none. */
export const PARAMS_OF: { readonly [One in Code]?: readonly ParamName[] } = NAMES;

export type CodeWithParams = keyof typeof NAMES;

/** The params of one code. */
export type ParamsOf<One extends CodeWithParams> = Pick<ProblemParams, (typeof NAMES)[One][number]>;

/** The names whose values are no counts. A list of words: one of them. */
const FORMS = {
  declared: 'text',
  expected_sha256: 'text',
  formats: 'texts',
  got: 'text',
  got_sha256: 'text',
  image_id: 'text',
  oldest_cursor: 'text',
  preset: 'text',
  reason: [
    'cut-off',
    'damaged',
    'animated',
    'crashed',
    'too-many-bytes',
    'too-many-pixels',
    'unreadable-image',
    'invalid-request',
    'no-user',
  ],
  scope: 'text',
  status: ['pending', 'held', 'ready', 'rejected', 'expired', 'trashed', 'deleted'],
} as const satisfies { readonly [Name in ParamName]?: 'text' | 'texts' | readonly ProblemParams[Name][] };

/** The length of the longest cursor; other texts have 100 characters at most. */
const LONGEST_TEXT = 110;
const MOST_TEXTS = 10;

/**
 * Those values of `given` that a problem of this code has in a sound form: an answer, or a kept item, may contain
 * anything.
 */
export function soundParams(code: string, given: unknown): ProblemParams {
  const names = own(PARAMS_OF, code);
  const values = Object(given) as Record<string, unknown>;
  const sound = names?.filter((name) => Object.hasOwn(values, name) && isSound(name, values[name])) ?? [];
  return Object.fromEntries(sound.map((name) => [name, values[name]]));
}

function isSound(name: ParamName, value: unknown): boolean {
  const form = own(FORMS, name);
  if (form === undefined) return Number.isSafeInteger(value) && (value as number) >= 0;
  if (form === 'text') return isText(value);
  if (form === 'texts') return Array.isArray(value) && value.length <= MOST_TEXTS && value.every(isText);
  return form.some((word) => word === value);
}

const isText = (value: unknown): boolean =>
  typeof value === 'string' && value.length <= LONGEST_TEXT && /^[^\p{Cc}\p{Cf}\p{Co}\p{Cs}]+$/u.test(value);
