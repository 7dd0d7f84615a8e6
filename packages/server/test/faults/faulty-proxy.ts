import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { type CallName, createInjection, type Fault, type InjectedFault } from './injection.ts';

/** A proxy to a store that fails as the test says. Requests pass unchanged, with their signed Host. */
export interface FaultyProxy<Kind extends string> extends AsyncDisposable {
  readonly url: string;
  /** The calls so far, in order. */
  readonly calls: readonly Call[];
  /** The number of clients' connections without a complete answer. */
  openExchanges(): number;
  fail(fault: Fault<Kind>): InjectedFault;
  /** From now on all calls pass. */
  repair(): void;
  /** Performs the calls that were held back (`late`). */
  performLate(): Promise<void>;
  /** Stops the next call of this name until the test releases it. */
  hold(name: CallName, moment: 'before' | 'after'): Held;
}

/** Adapts the proxy to a kind of store. */
export interface FaultyStore<Kind extends string> {
  callNameOf(incoming: IncomingMessage, body: Buffer): CallName;
  readonly faults: Readonly<Record<Kind, Failing>>;
}

/** How a call fails: answers it, or doesn't. */
export type Failing = (exchange: Exchange) => Promise<void>;

export interface Call {
  readonly name: CallName;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  /** The store's answer, even if the client got none; undefined while there is none. */
  readonly answer: { readonly status: number; readonly hasBody: boolean } | undefined;
}

export interface Held {
  readonly reached: Promise<void>;
  release(): void;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface Exchange {
  readonly name: CallName;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly outgoing: ServerResponse;
  /** The store's earlier operations, in order. */
  readonly performed: readonly Call[];
  /** The store's answer; with a body only if it is complete. */
  perform(sent?: Buffer): Promise<Answer>;
  /** For `performLate`. */
  keep(): void;
}

export async function startFaultyProxy<Kind extends string>(
  target: string,
  { callNameOf, faults }: FaultyStore<Kind>,
): Promise<FaultyProxy<Kind>> {
  const { hostname, port } = new URL(target);
  const agent = new Agent({ keepAlive: true });
  const calls: Call[] = [];
  const performed: Call[] = [];
  const late: (() => Promise<unknown>)[] = [];
  const holds: { name: CallName; moment: 'before' | 'after'; wait(): Promise<void> }[] = [];
  let open = 0;
  const { fail, repair, faultFor } = createInjection<Kind>();

  function forward(incoming: IncomingMessage, sent: Buffer): Promise<IncomingMessage> {
    const { method, url: path, headers } = incoming;
    return new Promise((resolve, reject) => {
      const onward = request({ hostname, port, method, path, headers, agent }, resolve).once('error', reject);
      // A cut request ends here: the store must see the connection end.
      if (sent.length < Number(headers['content-length'] ?? 0)) onward.write(sent, () => onward.destroy());
      else onward.end(sent);
    });
  }

  const holdFor = async (name: CallName, moment: 'before' | 'after'): Promise<void> => {
    const index = holds.findIndex((hold) => hold.name === name && hold.moment === moment);
    if (index !== -1) await holds.splice(index, 1)[0]?.wait();
  };

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await buffer(incoming);
    const { method, headers } = incoming;
    const name = callNameOf(incoming, body);
    const call: Call & { answer: Call['answer'] } = {
      name,
      path: incoming.url ?? '',
      headers,
      body,
      answer: undefined,
    };
    calls.push(call);
    await holdFor(name, 'before');
    const ask = async (sent: Buffer): Promise<IncomingMessage> => {
      const answered = await forward(incoming, sent);
      const { statusCode: status = 0 } = answered;
      const hasBody = method !== 'HEAD' && answered.headers['content-length'] !== '0' && status !== 204;
      call.answer = { status, hasBody };
      performed.push(call);
      return answered;
    };
    const perform = async (sent = body): Promise<Answer> => {
      const answered = await ask(sent);
      return { status: answered.statusCode ?? 0, headers: answered.headers, body: await buffer(answered) };
    };
    const kind = faultFor(name);
    if (kind) {
      const exchange = { name, headers, body, outgoing, performed, perform, keep: () => late.push(perform) };
      return faults[kind](exchange);
    }
    const answered = await ask(body);
    await holdFor(name, 'after');
    await pipeline(answered, outgoing.writeHead(answered.statusCode ?? 0, answered.headers));
  }

  const server = createServer((incoming, outgoing) => {
    open += 1;
    outgoing.once('close', () => {
      open -= 1;
    });
    answer(incoming, outgoing).catch(() => outgoing.destroy()); // one of both sides has disconnected
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    openExchanges: () => open,
    fail,
    repair,
    async performLate() {
      await Promise.all(late.splice(0).map((perform) => perform()));
    },
    hold(name, moment) {
      const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      holds.push({
        name,
        moment,
        wait() {
          reached.resolve();
          return released.promise;
        },
      });
      return { reached: reached.promise, release: released.resolve };
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
      await once(server, 'close');
    },
  };
}
