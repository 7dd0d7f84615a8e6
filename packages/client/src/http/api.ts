import { SafelightError } from '../errors.ts';
import { jsonIn } from './answer.ts';
import type { Credential } from './credential.ts';
import { aborted, type Retries, retrying } from './retry.ts';

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
  /** Doing it twice would make two things, so it isn't repeated after a lost answer. */
  readonly isOnce?: boolean;
}

export interface RepeatableRequest extends ApiRequest {
  /** What the error of a repeated request means, if the answer to an earlier one was lost: it may have done what was asked. Returns the result, or throws. */
  readonly afterLostAnswer?: (error: SafelightError) => unknown;
}

/** Requests to the service's API. Errors: `SafelightError`. */
export interface Api {
  json(path: string, request?: RepeatableRequest): Promise<unknown>;
}

/** An answer to a request for JSON takes at most as long as the longest poll and a verification. */
const ANSWER_MS = 90_000;

export function createApi({ baseUrl, credential, userId, fetch, retries, pause }: ApiOptions): Api {
  async function once(path: string, request: ApiRequest, token: string | undefined): Promise<unknown> {
    const { method = 'GET', query = {}, body, signal } = request;
    const url = new URL(`${baseUrl}${path}`);
    for (const [name, value] of Object.entries(query))
      for (const one of [value ?? []].flat()) url.searchParams.append(name, String(one));
    const headers: Record<string, string> = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(userId !== undefined && { 'x-user-id': encodedHeader(userId) }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...request.headers,
    };
    const deadline = AbortSignal.timeout(ANSWER_MS);
    const stopped = signal ? AbortSignal.any([signal, deadline]) : deadline;
    try {
      const response = await fetch(url, {
        method,
        headers,
        signal: stopped,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return await jsonIn(response);
    } catch (error) {
      throw fault(error, { signal, deadline });
    }
  }

  return {
    async json(path, request = {}) {
      if (!path.startsWith('/')) throw new TypeError(`expected a path such as /images; got ${JSON.stringify(path)}`);
      const { signal, isOnce, afterLostAnswer } = request;
      if (signal?.aborted) throw aborted(signal);
      let isAnswerLost = false;
      const attempt = async (token: string | undefined): Promise<unknown> => {
        try {
          return await once(path, request, token);
        } catch (error) {
          if (isRefusal(error) && isAnswerLost && afterLostAnswer) return await afterLostAnswer(error);
          isAnswerLost ||= !isRefusal(error);
          throw error;
        }
      };
      const ask = async (token: Promise<string> | undefined): Promise<unknown> => {
        const made = token && (await within(token, signal));
        return retrying(() => attempt(made), { retries, pause, signal, ...(isOnce && { mayRepeat: isRefusal }) });
      };
      const token = credential?.current();
      try {
        return await ask(token);
      } catch (error) {
        const isRefused =
          error instanceof SafelightError && (error.status === 401 || error.code === 'upload-token-used-up');
        if (!isRefused || !credential || !token || !credential.refused(token)) throw error;
        return await ask(credential.current());
      }
    },
  };
}

/** An answer by which the service, or a proxy before it, says that it did nothing. */
const isRefusal = (error: unknown): error is SafelightError =>
  error instanceof SafelightError &&
  error.status !== undefined &&
  error.status >= 400 &&
  (error.status < 500 || error.status === 503);

/** What a function of the caller's promises, unless the request is aborted before, or the function takes too long. */
function within(made: Promise<string>, signal: AbortSignal | undefined): Promise<string> {
  const deadline = AbortSignal.timeout(ANSWER_MS);
  const stopped = signal ? AbortSignal.any([signal, deadline]) : deadline;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal?.aborted ? aborted(signal) : late('a token', deadline.reason));
    stopped.addEventListener('abort', stop, { once: true });
    made.then(resolve, reject).finally(() => stopped.removeEventListener('abort', stop));
  });
}

const late = (what: string, cause: unknown): SafelightError =>
  new SafelightError('timeout', `expected ${what} within ${ANSWER_MS / 1000} s; got none`, { cause });

/** Header values are bytes; the service reads UTF-8. */
const encodedHeader = (text: string): string =>
  Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('');

function fault(
  error: unknown,
  { signal, deadline }: { signal: AbortSignal | undefined; deadline: AbortSignal },
): unknown {
  if (error instanceof SafelightError) return error;
  if (signal?.aborted) return aborted(signal);
  if (deadline.aborted) return late('an answer', error);
  return new SafelightError('network', 'expected an answer; got no connection to the service', { cause: error });
}
