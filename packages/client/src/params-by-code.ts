import type { components } from './openapi.ts';

type Code = components['schemas']['Problem']['code'];
type Declared = components['schemas']['ProblemParams'];

/** The values that `detail` says in words. Each is absent if it isn't known, as with an older service. */
export type ProblemParams = {
  readonly [Name in keyof Declared as string extends Name ? never : number extends Name ? never : Name]: Declared[Name];
};

/**
 * Which params each code may have. Codes that aren't listed have none. Pages don't load it: only its types are used.
 */
export const PARAMS_BY_CODE = {
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
} as const satisfies { readonly [One in Code]?: readonly (keyof ProblemParams)[] };

export type CodeWithParams = keyof typeof PARAMS_BY_CODE;

/** The params of one code. */
export type ParamsOf<One extends CodeWithParams> = Pick<ProblemParams, (typeof PARAMS_BY_CODE)[One][number]>;
