import { SafelightError, type ServiceCode } from '../errors.ts';
import type { components } from '../openapi.ts';

type Problem = components['schemas']['Problem'];

/** The JSON of an answer; undefined for a 204. Errors: the service's problem; `unexpected-answer` for anything else, such as a proxy's page. */
export async function jsonIn(response: Response): Promise<unknown> {
  const { status, headers } = response;
  const text = await response.text();
  if (status === 204) return undefined;
  const value = parsed(text);
  if (response.ok && value !== undefined) return value;
  const options = {
    status,
    requestId: headers.get('x-request-id') ?? undefined,
    retryAfter: retryAfterIn((name) => headers.get(name)),
  };
  if (isProblem(value)) {
    const { code, detail, errors, quota } = value;
    throw new SafelightError(code as ServiceCode, detail, { ...options, errors, quota });
  }
  const type = headers.get('content-type') ?? 'no type';
  throw new SafelightError(
    'unexpected-answer',
    `expected JSON of a Safelight service; got status ${status} with ${type}: ${preview(text)}`,
    options,
  );
}

const PREVIEW_LENGTH = 80;
const preview = (text: string): string => JSON.stringify(text.slice(0, PREVIEW_LENGTH));

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isProblem = (value: unknown): value is Problem =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Problem).code === 'string' &&
  typeof (value as Problem).detail === 'string';

/** In seconds. The header may be a date (RFC 9110 10.2.3): it is compared with the answer's own, since clocks differ. */
export function retryAfterIn(header: (name: string) => string | null): number | undefined {
  const value = header('retry-after');
  if (value === null) return undefined;
  if (/^\d{1,6}$/.test(value)) return Number(value);
  const seconds = (Date.parse(value) - Date.parse(header('date') ?? '')) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : undefined;
}
