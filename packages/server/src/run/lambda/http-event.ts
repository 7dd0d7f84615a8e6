import type { EventOrigin } from '../../http/app.ts';

/**
 * An HTTP API's event, payload version 2.0, and its answer. Not Hono's adapter, which takes 0.3 s and 200 MB for the
 * base64 of 4 MB, and percent-encodes headers that aren't ASCII, so that a user id would differ from the other entry
 * points.
 */
export interface HttpEvent {
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
  readonly requestContext: {
    readonly domainName: string;
    readonly http: { readonly method: string; readonly sourceIp: string };
  };
  readonly body?: string;
  readonly isBase64Encoded: boolean;
}

export interface HttpResult {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

/** Lambda limits an answer to 6 MB of JSON, including headers; base64 needs four bytes for three. */
export const MAX_ANSWER_BYTES = ((6 * 1_048_576 - 65_536) / 4) * 3;

/** Errors: for an event of another kind: payload version 1.0, a REST API or a load balancer. */
export function requestOf({ rawPath, rawQueryString, requestContext, ...event }: HttpEvent): Request {
  const { domainName, http } = requestContext;
  if (http === undefined) throw new Error('expected events of an HTTP API, payload version 2.0; got others');
  const path = rawPath.replaceAll(SYNTAX, encodeURIComponent);
  const scheme = event.headers['x-forwarded-proto'] === 'http' ? 'http' : 'https';
  const headers = new Headers();
  for (const [name, value] of Object.entries(event.headers)) headers.set(name, latin1(value));
  if (event.cookies) headers.set('cookie', event.cookies.map(latin1).join('; '));
  const body = event.body ? Buffer.from(event.body, event.isBase64Encoded ? 'base64' : 'utf8') : null;
  headers.set('content-length', String(body?.length ?? 0));
  return new Request(`${scheme}://${domainName}${path}${rawQueryString && `?${rawQueryString}`}`, {
    method: http.method,
    headers,
    body: BODILESS.includes(http.method) ? null : body,
  });
}

/**
 * Properties of an event that a `Request` lacks: the raw path, the platform's host name, and the client. Question
 * marks, backslashes and control characters were percent-encoded and are literal; `#` and dot segments stay, because a
 * function URL passes them on unchanged.
 */
export const originOf = ({ rawPath, rawQueryString, requestContext }: HttpEvent): EventOrigin => ({
  target: `${rawPath.replaceAll(DECODED, encodeURIComponent)}${rawQueryString && `?${rawQueryString}`}`,
  domainName: requestContext.domainName,
  remoteAddress: requestContext.http.sourceIp,
});

const DECODED = /[?\\\p{Cc}]/gu;

/** Characters with a meaning in a URL, in a path that an HTTP API has decoded; a function URL's path is unchanged. */
const SYNTAX = /[?#\\\s\p{Cc}]/gu;

/** A `Request` with these methods can't have a body, though clients may send one. */
const BODILESS = ['GET', 'HEAD'];

/** One byte per character, like headers elsewhere (callers/authenticator/open.ts). */
const latin1 = (value: string): string => Buffer.from(value).toString('latin1');

/** Text is sent as base64 too: as JSON in JSON, a page of 4 MB could take twice as much. */
export async function resultOf({ status, headers, body }: Response): Promise<HttpResult> {
  const bytes = body === null ? Buffer.alloc(0) : Buffer.from(await new Response(body).arrayBuffer());
  return {
    statusCode: status,
    headers: Object.fromEntries(headers),
    body: bytes.toString('base64'),
    isBase64Encoded: true,
  };
}
