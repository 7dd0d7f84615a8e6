import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** A client's timeout; a longer answer counts as this time. */
export const LONGEST_MS = 60_000;

const HEALTH_EVERY_MS = 20;
/** The number of clients that probe: a single one would be delayed by each slow answer, and probe less often. */
const HEALTH_CLIENTS = 8;
const UPLOAD_PAUSE_MS = 1_000;
const RETRY_MS = 500;

interface Asked {
  readonly agent: Agent;
  readonly method: 'GET' | 'POST';
  readonly body?: Buffer;
  readonly localAddress?: string;
}

/** The status of the answer; 0 without one. */
export const statusOf = (url: string, { agent, method, body, localAddress }: Asked): Promise<number> =>
  new Promise((resolve) => {
    const headers = body ? { 'Content-Type': 'image/jpeg', 'Content-Length': body.length } : {};
    const own = localAddress === undefined ? {} : { localAddress };
    const sending = request(url, { agent, method, headers, timeout: LONGEST_MS, ...own });
    let response: IncomingMessage | undefined;
    sending.on('timeout', () => sending.destroy()).on('error', () => {}); // `close` follows
    sending.on('close', () => resolve(response?.complete ? (response.statusCode ?? 0) : 0));
    sending.on('response', (begun) => {
      response = begun.on('error', () => {}).resume();
    });
    sending.end(body);
  });

/**
 * The latency of `/health` in milliseconds for each due probe, until `end`: counted from the due time, so that a slow
 * answer counts for each probe that it delays.
 */
export async function healthTimes(origin: string, end: AbortSignal): Promise<readonly number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: HEALTH_CLIENTS });
  const times: number[] = [];
  const start = performance.now();
  let asked = 0;
  const isOver = once(end, 'abort').then(() => 0);
  const client = async (): Promise<void> => {
    while (!end.aborted) {
      const dueAt = start + asked * HEALTH_EVERY_MS;
      asked += 1;
      const waitMs = dueAt - performance.now();
      if (waitMs > 0) await delay(waitMs);
      const status = await Promise.race([statusOf(`${origin}/health`, { agent, method: 'GET' }), isOver]);
      times.push(status === 200 || end.aborted ? performance.now() - dueAt : LONGEST_MS);
    }
  };
  await Promise.all(Array.from({ length: HEALTH_CLIENTS }, client));
  agent.destroy();
  return times;
}

/** The time until each small upload was ready, including retries, in milliseconds; one after the other. */
export async function uploadTimes(
  origin: string,
  { picture, owner, localAddress, seconds }: { picture: Buffer; owner: string; localAddress: string; seconds: number },
): Promise<readonly number[]> {
  const agent = new Agent({ keepAlive: false });
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  while (times.length === 0 || performance.now() < end) {
    const start = performance.now();
    const tookMs = () => Math.min(performance.now() - start, LONGEST_MS);
    const url = `${origin}/images/upload?user_id=${owner}`;
    while (
      (await statusOf(url, { agent, method: 'POST', body: picture, localAddress })) !== 200 &&
      tookMs() < LONGEST_MS
    )
      await delay(RETRY_MS);
    times.push(tookMs());
    await delay(UPLOAD_PAUSE_MS);
  }
  return times;
}
