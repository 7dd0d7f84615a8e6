import type { ErrorCode } from './errors.ts';
import { isSoundParam, type ParamName, type ProblemParams } from './problem-params.ts';

/** Which values each code may have. Codes that aren't listed have none. */
export const PROBLEM_PARAMS: { readonly [Code in ErrorCode]?: readonly ParamName[] } = {
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
  'fetch-failed': ['reason'],
  'rendition-failed': ['preset', 'reason', 'attempts', 'limit_bytes', 'got_bytes'],
  'cursor-expired': ['oldest_cursor'],
  'missing-scope': ['scope'],
  'upload-token-used-up': ['max_images'],
  'image-not-ready': ['status'],
  'album-full': ['limit'],
  'too-many-links': ['limit'],
  'too-many-webhooks': ['limit'],
  'revision-conflict': ['revision'],
  'external-id-taken': ['image_id', 'status'],
  'range-not-satisfiable': ['size_bytes'],
  overloaded: ['ahead'],
  'rate-limited': ['limit', 'window_seconds'],
};

/**
 * Those values of `given` that a problem of this code has in a sound form; undefined if there are none. Never throws.
 */
export function soundParams(code: ErrorCode, given: unknown): ProblemParams | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const sound = (PROBLEM_PARAMS[code] ?? []).filter(
    (name) => Object.hasOwn(given, name) && isSoundParam(name, Reflect.get(given, name)),
  );
  if (sound.length === 0) return undefined;
  return Object.fromEntries(sound.map((name) => [name, Reflect.get(given, name)]));
}

/** The codes that may have a value. */
export const codesWith = (name: ParamName): readonly string[] =>
  Object.entries(PROBLEM_PARAMS).flatMap(([code, names]) => (names.includes(name) ? [code] : []));
