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
  /** Repeating it would do something twice, so a cut connection ends it. */
  readonly isOnce?: boolean;
}

/** Requests to the service's API. Errors: `SafelightError`. */
export interface Api {
  json(path: string, request?: ApiRequest): Promise<unknown>;
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
      const { signal, isOnce } = request;
      if (signal?.aborted) throw aborted(signal);
      const ask = async (token: Promise<string> | undefined): Promise<unknown> => {
        const made = await token;
        return retrying(() => once(path, request, made), { retries: isOnce ? 0 : retries, pause, signal });
      };
      const token = credential?.current();
      try {
        return await ask(token);
      } catch (error) {
        const isRefused = error instanceof SafelightError && error.status === 401;
        if (!isRefused || !credential || !token || !credential.refused(token)) throw error;
        return await ask(credential.current());
      }
    },
  };
}

/** Header values are bytes; the service reads UTF-8. */
const encodedHeader = (text: string): string =>
  Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('');

function fault(
  error: unknown,
  { signal, deadline }: { signal: AbortSignal | undefined; deadline: AbortSignal },
): unknown {
  if (error instanceof SafelightError) return error;
  if (signal?.aborted) return aborted(signal);
  if (deadline.aborted) {
    return new SafelightError('timeout', `expected an answer within ${ANSWER_MS / 1000} s; got none`, { cause: error });
  }
  return new SafelightError('network', 'expected an answer; got no connection to the service', { cause: error });
}
