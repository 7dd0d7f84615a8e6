/** A request that first-requests.js has sent. */
interface FirstAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly answer: Promise<Response>;
}

/** By URL. The page sets it before its module runs. */
const answers = (globalThis as { readonly firstAnswers?: Map<string, FirstAnswer> }).firstAnswers ?? new Map();

/** Later than this the same request has another answer. */
const FRESH_MS = 60_000;

/**
 * `fetch`, or the answer to the same request that the page has already sent: with the same URL and headers, so by the
 * same person. Each once.
 */
export async function fetchFirst(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const url = String(input);
  const first: FirstAnswer | undefined = answers.get(url);
  answers.delete(url);
  const isSame = first && headersText(first.headers) === headersText(init.headers) && performance.now() < FRESH_MS;
  if (!isSame) return fetch(input, init);
  const { signal } = init;
  return new Promise((resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    first.answer.then(resolve, reject);
  });
}

const headersText = (headers: HeadersInit | undefined): string => JSON.stringify([...new Headers(headers)]);

/** Forgets the answers of a user who signs out. */
export const forgetFirstAnswers = (): void => answers.clear();
