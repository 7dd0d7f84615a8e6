import assert from 'node:assert/strict';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import type { Sent } from '../uploads/upload-requests.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Parses an answer that must be JSON. */
  json<Json>(): Json;
}

/** How clients send requests, on shared persistent connections. */
export interface Wire {
  /** Fails unless the answer has one of the statuses; by default any 4xx will do. */
  ask(kind: string, target: string, sent?: Partial<Sent>, statuses?: readonly number[]): Promise<Answer>;
  /** Disconnects in the middle of the request's or the answer's body. */
  breakOff(kind: string, during: 'request' | 'answer', target: string, sent?: Partial<Sent>): Promise<void>;
  /** The number of answers by kind and status: `grant 200`. */
  readonly tally: ReadonlyMap<string, number>;
  count(kind: string, outcome: number | string): void;
  /** Closes every idle connection. */
  hangUp(): void;
}

/** The service is overloaded, and sent Retry-After. */
export class BusyError extends Error {}

const BUSY = [429, 503];

export function createWire(origin: string): Wire {
  const agent = new Agent({ keepAlive: true });
  const tally = new Map<string, number>();

  const count = (kind: string, outcome: number | string): void => {
    const line = `${kind} ${outcome}`;
    tally.set(line, (tally.get(line) ?? 0) + 1);
  };

  async function prepare(target: string, { method = 'GET', headers, body }: Partial<Sent>) {
    const encoded = new Response(body ?? null);
    const bytes = Buffer.from(await encoded.arrayBuffer());
    const type = body instanceof FormData ? { 'Content-Type': encoded.headers.get('content-type') ?? '' } : {};
    const hasLength = bytes.length > 0 || !['GET', 'HEAD'].includes(method);
    const length = hasLength ? { 'Content-Length': bytes.length } : {};
    const url = target.startsWith('/') ? `${origin}${target}` : target;
    const outgoing = request(url, { agent, method, headers: { ...type, ...headers, ...length } });
    return { outgoing, bytes };
  }

  async function exchange(target: string, sent: Partial<Sent>): Promise<Answer> {
    const { outgoing, bytes } = await prepare(target, sent);
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    outgoing.on('error', reject);
    outgoing.on('response', async (response) => {
      try {
        const body = Buffer.concat(await Array.fromAsync(response));
        if (!response.complete) throw new Error('the answer broke off');
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, body, json: () => JSON.parse(body.toString()) });
      } catch (error) {
        reject(error);
      }
    });
    outgoing.end(bytes);
    return promise;
  }

  return {
    tally,
    count,
    hangUp: () => agent.destroy(),

    async ask(kind, target, sent = {}, statuses) {
      const named = `${kind}: ${sent.method ?? 'GET'} ${target}`;
      const answer = await exchange(target, sent).catch((cause: unknown) => {
        throw new Error(`expected an answer to ${named}; got none`, { cause });
      });
      const { status, headers, body } = answer;
      count(kind, status);
      if (BUSY.includes(status) && headers['retry-after'] !== undefined) throw new BusyError(body.toString());
      const isExpected = statuses ? statuses.includes(status) : status < 500;
      const expected = statuses?.join(' or ') ?? 'less than 500';
      assert.ok(isExpected, `expected ${expected} to ${named}; got ${status} ${body.subarray(0, 1_000)}`);
      return answer;
    },

    async breakOff(kind, during, target, sent = {}) {
      const { outgoing, bytes } = await prepare(target, sent);
      const { promise, resolve } = Promise.withResolvers<void>();
      outgoing.on('error', () => {}); // a reset is how a disconnect appears
      outgoing.on('close', () => resolve());
      outgoing.on('response', (response) => {
        count(kind, response.statusCode ?? 0);
        response.on('error', () => {});
        response.once('data', () => response.destroy());
        response.resume();
      });
      if (during === 'answer') outgoing.end(bytes);
      else outgoing.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => outgoing.destroy());
      await promise;
      if (during === 'request') count(kind, 'hung up');
    },
  };
}
