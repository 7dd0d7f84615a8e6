import { Agent, type ClientRequest, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Sent } from '../uploads/upload-requests.ts';
import { killAll, startService } from './running-service.ts';

/** One public origin for every service, so that a URL from before a kill stays valid. */
const HOST = '127.0.0.1:8000';

/** URLs that outlive all rounds. */
const ENVIRONMENT = { LOG_LEVEL: 'warn', PRESIGNED_EXPIRATION: '604800' };

/** Longer than any answer takes, even on a busy machine: a request without an answer by then never gets one. */
export const ANSWER_MS = 90_000;

/** Between two pieces of a body. */
const PIECE_MS = 2;

/** A service that will be killed, and the only way to send it requests. */
export interface MortalService {
  /** The complete answer; undefined if the service was killed before, even if it has performed the request. */
  send(target: string, sent: Sent): Promise<Answer | undefined>;
  /** Resolves with the `count`-th answer. */
  answered(count: number): Promise<void>;
  /** Kills all its processes at one moment (SIGKILL). */
  kill(): Promise<void>;
  isGone(): boolean;
  output(): string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
  readonly text: string;
}

export async function startMortal(
  folder: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<MortalService> {
  const running = await startService({ ...ENVIRONMENT, ...environment }, folder);
  const agent = new Agent({ keepAlive: true });
  let isKilled = false;
  let answers = 0;
  const waiting = new Set<{ count: number; resolve: () => void }>();

  return {
    output: running.output,
    isGone: () => isKilled,
    async send(target, sent) {
      try {
        const answer = await ask(agent, running.origin, target, sent);
        answers += 1;
        for (const { count, resolve } of waiting) if (answers >= count) resolve();
        return answer;
      } catch (error) {
        if (isKilled) return undefined;
        throw error;
      }
    },
    answered: (count) => new Promise((resolve) => waiting.add({ count, resolve })),
    async kill() {
      if (isKilled) return;
      isKilled = true;
      await killAll(running);
      agent.destroy();
    },
  };
}

export async function ask(
  agent: Agent,
  origin: string,
  target: string,
  { method, headers, body, pieces = 1 }: Sent,
): Promise<Answer> {
  const encoded = new Response(body ?? null);
  const bytes = Buffer.from(await encoded.arrayBuffer());
  const type = body instanceof FormData ? { 'Content-Type': encoded.headers.get('content-type') ?? '' } : {};
  const { pathname, search } = new URL(target, `http://${HOST}`);
  const answered = Promise.withResolvers<Answer>();
  const sent = request(new URL(pathname + search, origin), {
    agent,
    method,
    headers: { ...type, ...headers, Host: HOST, 'Content-Length': bytes.length },
  });
  sent.on('error', answered.reject);
  sent.setTimeout(ANSWER_MS, () =>
    sent.destroy(new Error(`no answer to ${method ?? 'GET'} ${pathname} in ${ANSWER_MS} ms`)),
  );
  sent.on('response', async (response) => {
    try {
      const whole = Buffer.concat(await Array.fromAsync(response));
      if (!response.complete) throw new Error('the answer broke off');
      const headers = new Headers(Object.entries(response.headers).map(([name, value]) => [name, String(value)]));
      answered.resolve({ status: response.statusCode ?? 0, headers, body: whole, text: whole.toString() });
    } catch (error) {
      answered.reject(error);
    }
  });
  writeInPieces(sent, bytes, pieces).catch(answered.reject);
  return answered.promise;
}

async function writeInPieces(sent: ClientRequest, bytes: Buffer, pieces: number): Promise<void> {
  const length = Math.ceil(bytes.length / pieces);
  for (let start = 0; pieces > 1 && start < bytes.length && !sent.destroyed; start += length) {
    sent.write(bytes.subarray(start, start + length));
    await delay(PIECE_MS);
  }
  if (pieces > 1) sent.end();
  else sent.end(bytes);
}
