import { randomBytes } from 'node:crypto';
import { METHODS } from 'node:http';
import fc from 'fast-check';
import { arbitraryRequest } from '../../chance/arbitrary-requests.ts';
import { answerOf, beginTo } from './requests.ts';

/** Requests to all operations, most of them nearly valid. */
export async function askArbitrarily(origin: string, times: number): Promise<void> {
  const ids = ['01a1f82b-80d8-703c-9c86-1b8ba42038d1'];
  const requests = fc.sample(arbitraryRequest({ idMarks: ids, pictures: [new Uint8Array(100)] }), times);
  for (const { method, target, headers, body } of requests) {
    const sent = body.kind === 'text' ? body.text : body.kind === 'bytes' ? body.bytes : '';
    const init = method === 'GET' || method === 'HEAD' ? { method } : { method, body: sent };
    const answer = await fetch(`${origin}${target}`, {
      ...init,
      headers: headers.map(([name, value]): [string, string] => [name, value]),
      redirect: 'manual',
      signal: AbortSignal.timeout(60_000),
    });
    await answer.arrayBuffer();
  }
}

/** Node answers these itself, or makes them another connection's. */
const UNSENT = ['CONNECT'];
const SENT_METHODS = METHODS.filter((method) => !UNSENT.includes(method));

/**
 * Requests with a random word as path, user, tag, header and credential, and with every method that HTTP has. Returns
 * the words.
 */
export async function askWithWords(origin: string, times: number): Promise<string[]> {
  const words = Array.from({ length: times }, () => `w${randomBytes(6).toString('hex')}`);
  for (const [index, word] of words.entries()) {
    const method = SENT_METHODS[index % SENT_METHODS.length] ?? '';
    const form = FORMS[index % FORMS.length]?.(word) ?? { path: `/${word}` };
    const headers = { 'User-Agent': word, [`X-${word}`]: word, ...form.headers };
    const asked = beginTo(origin, { path: form.path, method: form.body === undefined ? method : 'POST', headers });
    asked.end(form.body);
    await answerOf(asked);
  }
  return words;
}

interface Form {
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

const JSON_TYPE = { 'Content-Type': 'application/json' };

const FORMS: readonly ((word: string) => Form)[] = [
  (word) => ({ path: `/${word}` }),
  (word) => ({ path: `/images/${word}` }),
  (word) => ({ path: `/images/${word}/metadata?wait=${word}` }),
  (word) => ({ path: `/objects/safelight/incoming/${word}/${word}` }),
  (word) => ({ path: `/images?user_id=${word}&tag=${word}&cursor=${word}` }),
  (word) => ({ path: '/images', headers: { 'X-User-Id': word, Authorization: `Bearer ${word}` } }),
  (word) => ({ path: '/images', headers: { Origin: `https://${word}.example`, 'X-Request-Id': word } }),
  (word) => ({ path: '/images', headers: { traceparent: word, 'X-Forwarded-For': word, Forwarded: `for=${word}` } }),
  (word) => ({ path: '/', headers: { Host: `${word}.example` } }),
  (word) => ({
    path: '/uploads',
    headers: { ...JSON_TYPE, 'Idempotency-Key': word },
    body: JSON.stringify({
      user_id: word,
      content_type: 'image/png',
      tags: [word],
      filename: word,
      metadata: { [word]: word },
    }),
  }),
  (word) => ({ path: '/uploads', headers: JSON_TYPE, body: JSON.stringify({ user_id: word, content_type: word }) }),
];
