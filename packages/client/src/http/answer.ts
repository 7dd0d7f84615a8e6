import { type FieldError, type QuotaFault, SafelightError, type ServiceCode } from '../errors.ts';
import type { components } from '../openapi.ts';

type Problem = components['schemas']['Problem'];

/**
 * The object that an answer has as JSON; undefined for a 204. Errors: the service's problem; `unexpected-answer` for
 * anything else, such as a proxy's page.
 */
export async function jsonIn(response: Response): Promise<unknown> {
  const { status, headers } = response;
  if (isRedirect(response)) throw redirected(response);
  const text = await textIn(response, response.ok ? MOST_BYTES : MOST_BYTES_OF_PROBLEM);
  if (status === 204) return undefined;
  const value = parsed(text);
  if (response.ok && Object(value) === value) return value;
  const options = {
    status,
    requestId: headers.get('x-request-id') ?? undefined,
    retryAfter: retryAfterIn((name) => headers.get(name)),
  };
  const { code, detail, errors, quota, params } = Object(value) as Partial<Problem>;
  if (typeof code === 'string' && typeof detail === 'string')
    throw new SafelightError(code as ServiceCode, detail.slice(0, LONGEST_DETAIL), {
      ...options,
      errors: Array.isArray(errors) ? errors.filter(isFieldError) : [],
      quota: isQuotaFault(quota) ? quota : undefined,
      params,
    });
  const type = headers.get('content-type') ?? 'no type';
  throw new SafelightError(
    'unexpected-answer',
    `expected JSON of a Safelight service; got status ${status} with ${type}: ${preview(text)}`,
    options,
  );
}

/** The bytes of an answer. Errors: as `jsonIn`. */
export async function blobIn(response: Response): Promise<Blob> {
  return response.ok ? readAtMost(response, MOST_BYTES_OF_PICTURE) : (jsonIn(response) as Promise<never>);
}

/** An answer of events, unread. Errors: as `jsonIn`. */
export async function streamIn(response: Response): Promise<Response> {
  if (response.ok && response.headers.get('content-type')?.startsWith('text/event-stream')) return response;
  await jsonIn(response);
  throw unexpected('a stream of events');
}

/** The limit of a JSON answer. The largest page, 1,000 images with everything that they may have, takes 20 MB. */
const MOST_BYTES = 32 * 1_048_576;
const MOST_BYTES_OF_PROBLEM = 1_048_576;
/** The service stores no larger rendition. */
const MOST_BYTES_OF_PICTURE = 64 * 1_048_576;
const LONGEST_DETAIL = 2_000;

/** The text of an answer, of which at most so many bytes are read. Errors: `unexpected-answer`. */
export const textIn = async (response: Response, most: number): Promise<string> =>
  response.body ? (await readAtMost(response, most)).text() : response.text(); // no body, or a platform without streams

/**
 * At most so many bytes are read: fetch inflates, and a small answer may become a large one. Errors:
 * `unexpected-answer`.
 */
async function readAtMost(response: Response, most: number): Promise<Blob> {
  const reader = response.body?.getReader();
  if (!reader) return response.blob();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(chunks, { type: response.headers.get('content-type') ?? '' });
    bytes += value.byteLength;
    if (bytes > most) {
      reader.cancel().catch(() => undefined);
      throw tooLong(most);
    }
    chunks.push(value);
  }
}

/** An answer without `what`. */
export const unexpected = (what: string): SafelightError =>
  new SafelightError('unexpected-answer', `expected ${what}; got something else`);

export const tooLong = (most: number): SafelightError =>
  new SafelightError('unexpected-answer', `expected an answer of at most ${most} bytes; got more`);

/** In browsers a redirect that isn't followed tells nothing but that it is one. */
export const isRedirect = ({ type, status }: Response): boolean =>
  type === 'opaqueredirect' || (status >= 300 && status < 400);

/** Whoever it leads to would get the credential, the user or the body. */
function redirected({ status, headers, body }: Response): SafelightError {
  body?.cancel().catch(() => undefined);
  const to = headers.get('location');
  return new SafelightError(
    'unexpected-answer',
    `expected an answer of a Safelight service; got a redirect${to === null ? '' : ` to ${preview(to)}`}, which isn't followed: use the service's own URL`,
    { status: status || undefined },
  );
}

const PREVIEW_LENGTH = 80;
export const preview = (text: string): string => JSON.stringify(text.slice(0, PREVIEW_LENGTH));

/** Undefined: no JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isFieldError = (value: unknown): value is FieldError => {
  const { pointer, detail } = Object(value) as Partial<FieldError>;
  return typeof pointer === 'string' && typeof detail === 'string';
};

const isQuotaFault = (value: unknown): value is QuotaFault => {
  const { limit, max, used, reserved } = Object(value) as Partial<QuotaFault>;
  return typeof limit === 'string' && [max, used, reserved].every(Number.isFinite);
};

/**
 * In seconds. The header may be a date (RFC 9110 10.2.3): it is compared with the answer's own, since clocks differ.
 */
export function retryAfterIn(header: (name: string) => string | null): number | undefined {
  const value = header('retry-after');
  if (value === null) return undefined;
  if (/^\d{1,6}$/.test(value)) return Number(value);
  const seconds = (Date.parse(value) - Date.parse(header('date') ?? '')) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : undefined;
}
