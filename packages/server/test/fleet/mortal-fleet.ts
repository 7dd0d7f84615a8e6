import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../chance/random.ts';
import type { Cloud, OwnService } from '../services/cloud.ts';
import { ANSWER_MS, type Answer, ask, type MortalService } from '../services/mortal-service.ts';
import { sha256Of } from '../services/record-check.ts';
import { killAll, type RunningService } from '../services/running-service.ts';
import type { Sent } from '../uploads/upload-requests.ts';

/** Two processes behind one address, of which one will be killed while the other continues. */
export interface MortalFleet extends MortalService {
  /** Accepts no more requests; running ones are still answered. */
  end(): void;
}

/** The time after which a request to a dead process is given up; it may have been performed. */
const PATIENCE_MS = 1_000;

export interface MortalFleetOptions {
  readonly cloud: Cloud;
  readonly mortal: RunningService;
  readonly other: RunningService;
  readonly random: Random;
  /** Headers of each request but those of the store. */
  readonly headers?: Readonly<Record<string, string>>;
}

export function createMortalFleet({ cloud, mortal, other, random, headers = {} }: MortalFleetOptions): MortalFleet {
  const agent = new Agent({ keepAlive: true });
  const killing = Promise.withResolvers<undefined>();
  const lostPatience = () => killing.promise.then(() => delay(PATIENCE_MS, undefined));
  let isKilled = false;
  let isOver = false;
  let answers = 0;
  const waiting = new Set<{ count: number; resolve: () => void }>();

  async function askOne(target: string, sent: Sent): Promise<Answer | undefined> {
    const one = isKilled ? other : random.pick([mortal, other]);
    const answered = ask(agent, one.origin, target, { ...sent, headers: { ...sent.headers, ...headers } }).catch(
      (error: unknown) => {
        if (one === mortal && isKilled) return undefined;
        throw error;
      },
    );
    const answer = await (mayWait(target, sent) ? Promise.race([answered, lostPatience()]) : answered);
    if (answer?.text.includes('"idempotency-in-progress"')) return undefined; // a dead process holds the key
    answers += 1;
    for (const { count, resolve } of waiting) if (answers >= count) resolve();
    return answer;
  }

  return {
    send: (target, sent) => sendAsToS3({ cloud, askOne }, target, sent),
    answered: (count) => new Promise((resolve) => waiting.add({ count: answers + count, resolve })),
    async kill() {
      if (isKilled) return;
      isKilled = true;
      killing.resolve(undefined);
      await killAll(mortal);
    },
    end() {
      isOver = true;
    },
    isGone: () => isOver,
    output: () => `${mortal.output()}\n${other.output()}`,
  };
}

/** This process's own service, with the same interface. */
export const asMortal = (cloud: Pick<Cloud, 'bucket'>, own: OwnService): MortalService => ({
  send: (target, sent) =>
    sendAsToS3({ cloud, askOne: (path, { ...init }) => answerOf(own.request(path, init)) }, target, sent),
  answered: async () => undefined,
  kill: async () => undefined,
  isGone: () => false,
  output: () => '',
});

/** Whether the answer waits for another's claim, or use of a key. */
const mayWait = (target: string, { headers = {} }: Sent): boolean =>
  target.endsWith('/complete') || 'Idempotency-Key' in headers;

interface Asked {
  readonly cloud: Pick<Cloud, 'bucket'>;
  askOne(target: string, sent: Sent): Promise<Answer | undefined>;
}

/**
 * Like clients of S3: after the bytes are sent to the bucket, completion is requested, and its answer counts. If the
 * image has other bytes, the answer is S3's to late bytes.
 */
async function sendAsToS3({ cloud, askOne }: Asked, target: string, sent: Sent): Promise<Answer | undefined> {
  if (!target.startsWith(cloud.bucket.s3.url)) return askOne(target, sent);
  const stored = await answerOf(fetch(target, { ...sent, signal: AbortSignal.timeout(ANSWER_MS) }));
  if (sent.method === 'GET') return stored;
  if (stored.status !== 200 && stored.status !== 204) return stored;
  const { id, sha256 } = await bodyOf(target, sent);
  const completed = await askOne(`/images/${id}/complete`, { method: 'POST' });
  if (completed?.status !== 200 || JSON.parse(completed.text).sha256 === sha256) return completed;
  return { ...completed, status: 412 };
}

async function bodyOf(target: string, { body }: Sent): Promise<{ id: string; sha256: string }> {
  const isForm = body instanceof FormData;
  const key = isForm ? String(body.get('key')) : new URL(target).pathname;
  const file = isForm ? body.get('file') : body;
  const bytes = new Uint8Array(await new Response(file).arrayBuffer());
  return { id: key.split('/').at(-1) ?? '', sha256: sha256Of(bytes) };
}

async function answerOf(answered: Promise<Response>): Promise<Answer> {
  const response = await answered;
  const body = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, body, text: body.toString() };
}
