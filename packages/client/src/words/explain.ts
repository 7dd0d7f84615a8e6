import { type QuotaFault, type SafelightCode, SafelightError } from '../errors.ts';
import { own } from '../own.ts';
import type { ProblemParams } from '../params-by-code.ts';
import { ALWAYS_ACCEPTED, isImageType } from '../upload/accepted-types.ts';
import { formatName } from './format-name.ts';
import { duration, megapixels, part, shortDuration, size } from './quantities.ts';

type Words = string | ((error: SafelightError) => string);

/** Nothing that the person in front of the page can change. */
const OURS = "That didn't work because of a mistake on our side. Tell us, and try again later.";
const LATER: Words = ({ retryAfter }) => `We're busy at the moment. Try again ${after(retryAfter)}.`;
const GONE = "This picture isn't there any more.";
const CHOOSE_AGAIN = 'The file changed while it was being sent. Choose it again.';
const DAMAGED = 'This file is damaged. Try exporting it again.';
const NOT_ALLOWED = "You aren't allowed to do that.";

const after = (seconds: number | undefined): string => (seconds ? `in ${duration(seconds)}` : 'in a moment');

/** Mistakes on our side, as a code of a newer service is. They need no words of their own, and no bytes of a page. */
type Ours =
  | 'unexpected-answer'
  | 'internal'
  | 'original-lost'
  | 'former-id-taken'
  | 'malformed-body'
  | 'invalid-cursor'
  | 'cursor-expired'
  | 'signature-invalid'
  | 'origin-not-allowed'
  | 'forwarded-request'
  | 'origin-secret-required'
  | 'misdirected-host'
  | 'user-not-found'
  | 'key-not-found'
  | 'key-already-rotated'
  | 'webhook-not-found'
  | 'too-many-webhooks'
  | 'already-decided'
  | 'not-awaited'
  | 'unknown-preset'
  | 'route-not-found'
  | 'method-not-allowed'
  | 'idempotency-conflict'
  | 'range-not-satisfiable';

const WORDS = {
  'unsupported-type': ({ params }) => unsupported(params),
  'unsupported-body': ({ params }) => unsupported(params),
  'type-mismatch': "This file's name and its contents don't agree. Try exporting it again.",
  'unreadable-image': ({ params }) => because(params, DAMAGED),
  'processing-failed': DAMAGED,
  'refused-by-gate': "This picture can't be accepted here. Choose another one.",
  'fetch-failed': ({ params }) => because(params, 'There is no picture at this link. Check it.'),
  'empty-upload': 'This file is empty. Choose another one.',
  'unreadable-file': "This file can't be read. Check that it is still there, and choose it again.",
  'file-changed': CHOOSE_AGAIN,
  'content-mismatch': CHOOSE_AGAIN,
  'upload-too-large': ({ params }) => tooLarge(params),
  'too-many-pixels': ({ params }) => tooManyPixels(params),
  'quota-exceeded': ({ quota }) => quotaExceeded(quota),
  'rate-limited': ({ retryAfter }) => explainWait(retryAfter ?? 0),
  network: () =>
    isOffline()
      ? "You're offline. Try again when you're back."
      : "We can't be reached. Check your connection and try again.",
  timeout: 'The connection is too slow. Try again where it is better.',
  aborted: 'Canceled.',
  'body-interrupted': 'The connection was cut. Try again.',
  'no-token': "We couldn't sign you in. Reload the page and try again.",
  unauthenticated: 'You are signed out. Sign in and try again.',
  'upload-token-used-up': 'You have uploaded as many pictures as this page allows. Reload it to upload more.',
  'missing-scope': NOT_ALLOWED,
  'user-erased': 'Your account here was deleted.',
  forbidden: NOT_ALLOWED,
  'invalid-request': ({ params }) => invalid(params),
  'image-not-found': GONE,
  'album-not-found': "This album isn't there any more.",
  'album-full': 'This album is full, or the picture is in too many. Remove one first.',
  'image-not-ready': "This picture isn't ready yet. Try again in a moment.",
  'upload-missing': "The file didn't arrive. Try again.",
  'rendition-failed': "This picture can't be shown in this size.",
  'link-not-found': 'This link is no longer valid. Ask for a new one.',
  'link-expired': 'This link has expired. Ask for a new one.',
  'password-required': 'This link asks for its password.',
  'wrong-password': "That isn't the password of this link. Try again.",
  'too-many-links': 'This picture has as many links as it can. Remove one first.',
  'revision-conflict': 'Somebody else changed this. Look at it, and repeat your change.',
  'external-id-taken': ({ params }) => taken(params),
  'search-unsupported': 'There is no search here.',
  overloaded: LATER,
  'decoder-failed': LATER,
  unavailable: LATER,
  'idempotency-in-progress': LATER,
  'insufficient-storage': "We're out of space. Try again later.",
} satisfies Record<Exclude<SafelightCode, Ours>, Words>;

/**
 * What to show to the person who uploads: what happened and what to do, in English, without codes. Never throws: an
 * error that isn't a `SafelightError`, and a code of a newer service, are a mistake on our side.
 */
export function explain(error: unknown): string {
  const words: Words | undefined = error instanceof SafelightError ? own<Words>(WORDS, error.code) : OURS;
  return typeof words === 'function' ? words(error as SafelightError) : (words ?? OURS);
}

/** That requests wait because the service has asked for it, with a Retry-After: for so many seconds more. */
export const explainWait = (seconds: number): string =>
  `The service asks us to wait ${seconds > 0 ? shortDuration(seconds) : 'a moment'}.`;

/**
 * Why a queue of uploads waits, although it will continue by itself. `waiting`: how many uploads wait. `secondsLeft`:
 * for a line that counts down; absent: those of the error.
 */
export function explainPause(error: SafelightError, waiting: number, secondsLeft = error.retryAfter): string {
  const uploads = waiting === 1 ? '1 upload continues' : `${whole(waiting)} uploads continue`;
  if (error.code === 'network' && isOffline()) return `You're offline. ${uploads} when you're back.`;
  if (error.code === 'network' || error.code === 'timeout')
    return `The connection is gone. ${uploads} when it is back.`;
  const reason = own(PAUSES, error.code) ?? "We're busy at the moment";
  return `${reason}. Continuing ${after(secondsLeft)}.`;
}

const PAUSES: Partial<Record<SafelightCode, string>> = {
  'rate-limited': 'Uploading too quickly',
  'no-token': "We couldn't sign you in",
};

const isOffline = (): boolean =>
  (globalThis as { navigator?: { readonly onLine?: boolean } }).navigator?.onLine === false;

/** By the type that the client or the service recognized by the bytes. */
function unsupported({ got = '', formats }: ProblemParams): string {
  if (got.startsWith('video/')) return "This is a video, which isn't supported. Choose a picture.";
  const remedy = own(REMEDIES, got) ?? (isImageType(got) && 'Export this one as JPEG.');
  return remedy
    ? `${formatName(got)} files aren't supported here. ${remedy}`
    : `This file isn't a picture that we support. Choose a ${namesOf(formats) || namesOf(ALWAYS_ACCEPTED)}.`;
}

const REMEDIES: Readonly<Record<string, string>> = {
  'image/heic': 'On the iPhone choose Settings > Camera > Formats > Most Compatible, or export this one as JPEG.',
  'image/svg+xml': 'Export this one as PNG.',
  'application/pdf': 'Export its pages as JPEG.',
};

/** By the reason, if it has one that isn't said `otherwise`. */
function because({ reason, got }: ProblemParams, otherwise: string): string {
  switch (reason) {
    case 'cut-off':
      return 'This file is damaged: the picture ends too early. Try exporting it again.';
    case 'animated': {
      const kind = got === 'image/png' ? 'animated PNG' : got ? `${formatName(got)} image sequence` : 'animation';
      return `This is an ${kind}, which isn't supported. Convert it to an animated WebP or a GIF.`;
    }
    case 'refused-url':
    case 'refused-host':
      return "This link isn't accepted here. Choose another one.";
    case 'unreachable':
    case 'timeout':
      return "This link doesn't answer. Try again later.";
    default:
      return otherwise;
  }
}

function taken({ status }: ProblemParams): string {
  switch (status) {
    case 'pending':
      return 'There is an unfinished upload for this already. Try again later.';
    case 'trashed':
      return 'There is a picture for this in the trash. Restore it, or delete it first.';
    default:
      return 'There is a picture for this already.';
  }
}

function tooLarge({ limit_bytes: max, got_bytes: got }: ProblemParams): string {
  if (max === undefined) return 'This file is too large. Export a smaller copy.';
  return `${got === undefined ? 'This file' : size(got)} is over the limit of ${size(max)}.`;
}

/** No camera makes larger pictures: a number of megapixels would say nothing of why. */
const MOST_BELIEVED_PIXELS = 1_000_000_000;

const whole = (value: number): string => value.toLocaleString('en');

function tooManyPixels({ width, height, frames = 1, limit_pixels: max }: ProblemParams): string {
  if (width === undefined || height === undefined || max === undefined || frames > 1)
    return 'This picture is too large or too complex. Export a smaller copy.';
  if (width * height > MOST_BELIEVED_PIXELS)
    return `This file says it is ${whole(width)} × ${whole(height)} pixels, far over the limit of ${megapixels(max, 'floor')} megapixels. Export a smaller copy.`;
  return `${megapixels(width * height, 'ceil')} megapixels is over the limit of ${megapixels(max, 'floor')}. Export a smaller copy.`;
}

function quotaExceeded(quota: QuotaFault | undefined): string {
  const remedy = 'Delete something, or ask an administrator for more.';
  if (!quota) return `Your space is full. ${remedy}`;
  const { limit, max, used, reserved } = quota;
  if (limit === 'pending') return 'Too many uploads are unfinished. Let them finish, and try again.';
  const taken = used + reserved;
  return `Your space is full: ${limit === 'bytes' ? part(taken, max) : `${taken} of ${max} pictures`} used. ${remedy}`;
}

/** A type that the upload token doesn't permit is an invalid request, and so is a URL that isn't fetched. */
function invalid(params: ProblemParams): string {
  const names = namesOf(params.formats);
  return names ? `This kind of picture isn't accepted here. Choose a ${names}.` : because(params, OURS);
}

/** Such as `JPEG, PNG or GIF`; empty if there are none. */
const namesOf = (formats: readonly string[] = []): string =>
  formats
    .filter(isImageType)
    .map(formatName)
    .join(', ')
    .replace(/, ([^,]+)$/, ' or $1');
