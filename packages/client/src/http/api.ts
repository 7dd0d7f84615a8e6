import { SafelightError } from '../errors.ts';
import { blobIn, jsonIn, streamIn } from './answer.ts';
import type { Credential } from './credential.ts';
import { pageOrigin } from './page-origin.ts';
import {
  ANSWER_MS,
  aborted,
  either,
  isAnswerLost,
  isTemporary,
  type Retries,
  retrying,
  unlessAborted,
} from './retry.ts';
import { isHeaderText, requireUserId } from './user-id.ts';

export interface ApiOptions extends Retries {
  readonly baseUrl: string;
  readonly credential: Credential | undefined;
  readonly userId: string | undefined;
  readonly fetch: typeof fetch;
}

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** An array repeats its parameter. */
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  /** A repeat would do something twice: the request fails if its answer is lost. */
  readonly isOnce?: boolean;
  /** Further attempts after the first; absent: as many as the client makes. */
  readonly retries?: number | undefined;
}

export interface RepeatableRequest extends ApiRequest {
  /**
   * Called with the final error of a repeat whose earlier answer was lost. Its result is the request's. Errors: this
   * error, if it isn't ours.
   */
  readonly afterLostAnswer?: (error: SafelightError) => unknown;
}

/** The routes about the service itself have no parameter for a user. */
const OF_NO_USER = /^\/(?:gates|keys|users|quotas|webhooks)(?:[/?]|$)/;

/** Requests to the service's API. Errors: `SafelightError`. */
export interface Api {
  readonly baseUrl: string;
  /**
   * `path` begins with one `/` and goes nowhere up, and a `user_id` in its query isn't blank; otherwise a TypeError.
   */
  json(path: string, request?: RepeatableRequest): Promise<unknown>;
  /** The answer, whose body has no end and is read without a deadline. */
  stream(path: string, request?: RepeatableRequest): Promise<Response>;
  /** The bytes of the answer. */
  blob(path: string, request?: RepeatableRequest): Promise<Blob>;
}

type Read<Answer> = (response: Response) => Promise<Answer>;

export function createApi({ baseUrl, credential, userId, fetch, ...more }: ApiOptions): Api {
  if (userId !== undefined) requireUserId(userId, 'userId');
  const base = new URL(baseUrl);
  function urlOf(path: string, query: ApiRequest['query'] = {}): URL {
    const url = new URL(`${baseUrl}${path}`);
    for (const [name, value] of Object.entries(query))
      for (const one of [value ?? []].flat()) url.searchParams.append(name, String(one));
    for (const named of url.searchParams.getAll('user_id')) requireUserId(named, 'user_id');
    return url;
  }

  async function once(
    path: string,
    request: ApiRequest,
    { token, read }: { readonly token: string | undefined; readonly read: Read<unknown> },
  ): Promise<unknown> {
    const { method = 'GET', query, body, signal } = request;
    const url = urlOf(path, query);
    const isInQuery = userId !== undefined && token !== undefined && !isHeaderText(userId);
    const isNamed = OF_NO_USER.test(path) || (isInQuery && url.searchParams.getAll('user_id').includes(userId));
    if (isInQuery && !isNamed) url.searchParams.append('user_id', userId);
    const headers: Record<string, string> = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(userId !== undefined && !isInQuery && { 'x-user-id': encodedHeader(userId) }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...request.headers,
    };
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), ANSWER_MS);
    const deadline = late.signal;
    try {
      const response = await fetch(url, {
        method,
        headers,
        redirect: 'manual',
        signal: either(signal, deadline),
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return await read(response);
    } catch (error) {
      throw withPathOf(base, fault(error, base, { signal, deadline }));
    } finally {
      clearTimeout(timer);
    }
  }

  async function send(read: Read<unknown>, path: string, request: RepeatableRequest = {}): Promise<unknown> {
    const { signal, isOnce, retries = more.retries, afterLostAnswer } = request;
    requirePath(path);
    urlOf(path, request.query);
    if (signal?.aborted) throw aborted(signal);
    let isLost = false;
    const attempt = async (token: string | undefined): Promise<unknown> => {
      try {
        return await once(path, request, { token, read });
      } catch (error) {
        const isFinal = error instanceof SafelightError && error.status !== undefined && !isTemporary(error);
        if (isLost && isFinal && afterLostAnswer) return afterLostAnswer(error);
        isLost ||= isAnswerLost(error);
        throw error;
      }
    };
    const ask = async (token: Promise<string> | undefined): Promise<unknown> => {
      const made = token && (await unlessAborted(token, signal));
      return retrying(() => attempt(made), { ...more, retries, signal, isOnce });
    };
    const token = credential?.current();
    try {
      return await ask(token);
    } catch (error) {
      if (!isTokenRefused(error) || !credential || !token || !credential.refused(token)) throw error;
      return await ask(credential.current());
    }
  }

  return {
    baseUrl,
    json: (path, request) => send(jsonIn, path, request),
    stream: (path, request) => send(streamIn, path, request) as Promise<Response>,
    blob: (path, request) => send(blobIn, path, request) as Promise<Blob>,
  };
}

/**
 * Appended to the base URL, `.evil.example` would be another host, and `@evil.example` would make the real one a user
 * name. With an id from a server that is `..` it would be another program of the same host.
 */
function requirePath(path: string): void {
  if (/^\/(?![/\\])[^\t\n\r]*$/.test(path) && !/^[^?#]*[/\\](?:\.|%2e){1,2}(?:[/\\?#]|$)/i.test(path)) return;
  throw new TypeError(
    `expected a path that begins with one slash, such as /images, without . and ..; got ${JSON.stringify(path)}`,
  );
}

/** A function that makes tokens may make one that is valid, and permits further uploads. */
const isTokenRefused = (error: unknown): boolean =>
  error instanceof SafelightError && (error.status === 401 || error.code === 'upload-token-used-up');

/** Header values are bytes. A service without authentication reads UTF-8; others take such a user in the query. */
const encodedHeader = (text: string): string => String.fromCharCode(...new TextEncoder().encode(text));

/** Codes that an address beside the service's own has: another program, or a route below a route. */
const ELSEWHERE: readonly string[] = ['unexpected-answer', 'route-not-found', 'method-not-allowed'];

/** Names a path in `baseUrl`, which few services have: a page's address was copied, rather than the service's. */
function withPathOf({ pathname, origin }: URL, error: unknown): unknown {
  if (!(error instanceof SafelightError) || !ELSEWHERE.includes(error.code) || pathname === '/') return error;
  const detail = `${error.detail}. The URL of the service has the path ${pathname}: most have none, as ${origin}`;
  return new SafelightError(error.code, detail, error);
}

function fault(
  error: unknown,
  { origin }: URL,
  { signal, deadline }: { readonly signal: AbortSignal | undefined; readonly deadline: AbortSignal },
): unknown {
  if (error instanceof SafelightError) return error;
  if (signal?.aborted) return aborted(signal);
  if (deadline.aborted) {
    return new SafelightError('timeout', `expected an answer within ${ANSWER_MS / 1000} s; got none`, { cause: error });
  }
  const page = pageOrigin();
  // A browser doesn't tell one from the other.
  const permission = page === '' || page === origin ? '' : `, or none for pages of ${page}: see its CORS_ORIGINS`;
  return new SafelightError('network', `expected an answer; got no connection to ${origin}${permission}`, {
    cause: error,
  });
}
