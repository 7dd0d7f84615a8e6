import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { type CallName, callNameOf } from './s3-call.ts';

/** A way to S3 that fails as a test says. What it lets through arrives as it was sent, its signed Host too. */
export interface FaultyProxy extends AsyncDisposable {
  readonly url: string;
  /** What came, in its order. */
  readonly calls: readonly Call[];
  /** How many connections clients hold for what isn't answered to the end. */
  openExchanges(): number;
  fail(fault: Fault): InjectedFault;
  /** All calls pass from now on. */
  repair(): void;
  /** Performs those that came and were not let through yet (`late`). */
  performLate(): Promise<void>;
  /** Stops the next call of this name until the test lets it go on. */
  hold(name: CallName, moment: 'before' | 'after'): Held;
}

export interface Call {
  readonly name: CallName;
  readonly hasBody: boolean;
  readonly answer: { readonly status: number; readonly hasBody: boolean } | undefined;
}

export interface Fault {
  readonly kind: FaultKind;
  readonly name: CallName;
  /** Counted from 1, of the calls that come from now on. */
  readonly nth: number;
  /** That call only, all of its name from then on, or every call from then on. */
  readonly lasts: 'once' | 'for this call' | 'for every call';
}

export interface InjectedFault {
  hits(): number;
}

export interface Held {
  readonly reached: Promise<void>;
  release(): void;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

interface Exchange {
  readonly name: CallName;
  readonly body: Buffer;
  readonly outgoing: ServerResponse;
  /** What the store answers to it; with less than its body, nothing. */
  perform(sent?: Buffer): Promise<Answer>;
  /** For `performLate`. */
  keep(): void;
}

const cut = ({ outgoing }: Exchange): void => void outgoing.destroy();

const refuseWith =
  (status: number, code: string) =>
  async ({ outgoing }: Exchange): Promise<void> => {
    const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>As a test says</Message></Error>`;
    outgoing.writeHead(status, { 'Content-Type': 'application/xml', 'Content-Length': Buffer.byteLength(body) });
    outgoing.end(body);
  };

/** As they stand in a request to delete them: key, and version where there is one. */
const objectsIn = (asked: Buffer): string[] =>
  [...asked.toString().matchAll(/<Object>(.*?)<\/Object>/gs)].map(([, object = '']) => object);

/** How a call can fail. */
const FAULTS = {
  'slow down': refuseWith(503, 'SlowDown'),
  'internal error': refuseWith(500, 'InternalError'),
  'too many requests': refuseWith(429, 'TooManyRequests'),
  /** Of a load balancer, which speaks no XML. */
  'bad gateway': async ({ outgoing }) => void outgoing.writeHead(502).end('<html><h1>Bad Gateway<br></h1></html>'),
  silence: async ({ outgoing }) => void (await once(outgoing, 'close')),
  cut: async (exchange) => cut(exchange),
  'cut request': async (exchange) => {
    await exchange.perform(exchange.body.subarray(0, exchange.body.length / 2)).catch(() => undefined);
    cut(exchange);
  },
  'cut answer': async ({ outgoing, perform }) => {
    const { status, headers, body } = await perform();
    outgoing.writeHead(status, headers).write(body.subarray(0, body.length / 2));
    outgoing.socket?.destroySoon();
  },
  'lost answer': async (exchange) => {
    await exchange.perform();
    cut(exchange);
  },
  /** The store is so slow that it does what was asked when nobody waits for it any more. */
  late: async (exchange) => {
    exchange.keep();
    cut(exchange);
  },
  /** As S3 does of what takes it long: its 200 was sent before it knew. */
  'error in a good answer': async ({ name, body: asked, outgoing }) => {
    const error = '<Code>InternalError</Code><Message>As a test says</Message>';
    const body = name.startsWith('DELETE')
      ? `<DeleteResult>${objectsIn(asked)
          .map((object) => `<Error>${object}${error}</Error>`)
          .join('')}</DeleteResult>`
      : `<Error>${error}</Error>`;
    outgoing.writeHead(200, { 'Content-Type': 'application/xml' }).end(`<?xml version="1.0"?>${body}`);
  },
} as const satisfies Record<string, (exchange: Exchange) => Promise<void>>;

export type FaultKind = keyof typeof FAULTS;

/** What can happen to such a call. */
export const faultsOf = ({ name, hasBody, answer }: Call): readonly FaultKind[] =>
  (Object.keys(FAULTS) as FaultKind[]).filter((kind) => {
    if (kind === 'cut request') return hasBody;
    if (kind === 'cut answer') return answer?.hasBody;
    if (kind === 'late') return /^(PUT|COPY|DELETE) /.test(name);
    return kind !== 'error in a good answer' || /^(COPY|DELETE) /.test(name);
  });

export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  const { hostname, port } = new URL(target);
  const agent = new Agent({ keepAlive: true });
  const calls: { name: CallName; hasBody: boolean; answer: Call['answer'] }[] = [];
  const late: (() => Promise<unknown>)[] = [];
  const holds: { name: CallName; moment: 'before' | 'after'; wait(): Promise<void> }[] = [];
  let open = 0;
  let injected: { fault: Fault; seen: number; hits: number } | undefined;

  function forward(incoming: IncomingMessage, sent: Buffer): Promise<IncomingMessage> {
    const { method, url: path, headers } = incoming;
    return new Promise((resolve, reject) => {
      const onward = request({ hostname, port, method, path, headers, agent }, resolve).once('error', reject);
      // What is cut goes no further: the store must see the connection end.
      if (sent.length < Number(headers['content-length'] ?? 0)) onward.write(sent, () => onward.destroy());
      else onward.end(sent);
    });
  }

  function faultFor(name: CallName): FaultKind | undefined {
    if (!injected) return undefined;
    const { fault } = injected;
    const isSuch = name === fault.name;
    if (isSuch) injected.seen += 1;
    const isNow = {
      once: isSuch && injected.seen === fault.nth,
      'for this call': isSuch && injected.seen >= fault.nth,
      'for every call': injected.seen >= fault.nth,
    }[fault.lasts];
    if (!isNow) return undefined;
    injected.hits += 1;
    return fault.kind;
  }

  const holdFor = async (name: CallName, moment: 'before' | 'after'): Promise<void> => {
    const index = holds.findIndex((hold) => hold.name === name && hold.moment === moment);
    if (index !== -1) await holds.splice(index, 1)[0]?.wait();
  };

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await buffer(incoming);
    const name = callNameOf(incoming, body);
    const call: (typeof calls)[number] = { name, hasBody: body.length > 0, answer: undefined };
    calls.push(call);
    await holdFor(name, 'before');
    const perform = async (sent = body): Promise<Answer> => {
      const response = await forward(incoming, sent);
      return { status: response.statusCode ?? 0, headers: response.headers, body: await buffer(response) };
    };
    const kind = faultFor(name);
    if (kind) return FAULTS[kind]({ name, body, outgoing, perform, keep: () => late.push(perform) });

    const answered = await forward(incoming, body);
    const { statusCode: status = 0, headers } = answered;
    const answerHasBody = incoming.method !== 'HEAD' && headers['content-length'] !== '0' && status !== 204;
    call.answer = { status, hasBody: answerHasBody };
    await holdFor(name, 'after');
    await pipeline(answered, outgoing.writeHead(status, headers));
  }

  const server = createServer((incoming, outgoing) => {
    open += 1;
    outgoing.once('close', () => {
      open -= 1;
    });
    answer(incoming, outgoing).catch(() => outgoing.destroy()); // one of both sides has gone
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    openExchanges: () => open,
    fail(fault) {
      const one = { fault, seen: 0, hits: 0 };
      injected = one;
      return { hits: () => one.hits };
    },
    repair() {
      injected = undefined;
    },
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
