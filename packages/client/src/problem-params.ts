import { own } from './own.ts';
import type { ProblemParams } from './params-by-code.ts';

type ParamName = keyof ProblemParams;

/** The length of the longest cursor; other texts have 100 characters at most. */
const LONGEST_TEXT = 110;
const MOST_TEXTS = 10;

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isText = (value: unknown): boolean =>
  typeof value === 'string' && value.length <= LONGEST_TEXT && /^[^\p{Cc}\p{Cf}\p{Co}\p{Cs}]+$/u.test(value);
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.length <= MOST_TEXTS && value.every(isText);
const isOneOf =
  <Name extends ParamName>(...words: readonly ProblemParams[Name][]) =>
  (value: unknown): boolean =>
    (words as readonly unknown[]).includes(value);

/** The form of each value. */
const FORMS = {
  width: isCount,
  height: isCount,
  frames: isCount,
  channels: isCount,
  limit: isCount,
  limit_frames: isCount,
  limit_channels: isCount,
  limit_side: isCount,
  limit_pixels: isCount,
  limit_bytes: isCount,
  got_bytes: isCount,
  size_bytes: isCount,
  expected_bytes: isCount,
  ahead: isCount,
  attempts: isCount,
  max_images: isCount,
  revision: isCount,
  window_seconds: isCount,
  got: isText,
  got_sha256: isText,
  expected_sha256: isText,
  declared: isText,
  image_id: isText,
  oldest_cursor: isText,
  preset: isText,
  scope: isText,
  formats: isTexts,
  reason: isText, // a word of the contract, or of a newer service: a list of all takes as many bytes as a feature
  status: isOneOf<'status'>('pending', 'held', 'ready', 'rejected', 'expired', 'trashed', 'deleted'),
} satisfies Record<ParamName, (value: unknown) => boolean>;

/**
 * Those values of `given` that are in their form: an answer, or a kept item, may contain anything. They needn't be
 * those of the problem's code.
 */
export const soundParams = (given: unknown): ProblemParams =>
  Object.fromEntries(
    Object.entries(Object(given)).filter(([name, value]) => own<(value: unknown) => boolean>(FORMS, name)?.(value)),
  );
