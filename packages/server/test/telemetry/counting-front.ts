import { Agent, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Front, type Route, startFront } from '../../../../test-servers/front.ts';
import { connectTo, statuses } from '../http/raw-connection.ts';

/** A request, and what its client was told. */
export interface Told {
  readonly method: string;
  /** Path and query, as sent. */
  readonly target: string;
  /** 0: none. */
  readonly status: number;
  /** Of the problem, or S3's; undefined for other answers, and for those to HEAD, which have no body. */
  readonly code: string | undefined;
  /** The whole answer went through. */
  readonly isWhole: boolean;
}

/** A proxy that writes down every exchange. */
export interface CountingFront extends Front {
  /** The requests whose answers have ended. */
  readonly told: readonly Told[];
  /** Those that have not. */
  open(): number;
  /** Sends bytes that no proxy passes on to one of the services itself, which must end the connection. `method`: `-` if they have none. */
  sendRaw(bytes: string, method: string): Promise<void>;
}

/**
 * In front of the services in turn. Each request has a connection of its own: one that a server closes meanwhile, because this process was
 * busy for seconds, would lose a request that nobody counts.
 */
export async function startCountingFront(origins: readonly string[]): Promise<CountingFront> {
  const told: Told[] = [];
  let open = 0;
  let turn = 0;
  const route: Route = (incoming, outgoing) => {
    open += 1;
    const body = bodyOf(outgoing);
    outgoing.once('close', () => {
      open -= 1;
      told.push(exchangeOf(incoming, outgoing, body()));
    });
    turn += 1;
    return origins[turn % origins.length];
  };
  const front = await startFront(route, '127.0.0.1', new Agent({ keepAlive: false }));
  return {
    ...front,
    told,
    open: () => open,
    async sendRaw(bytes, method) {
      turn += 1;
      await using connection = await connectTo(origins[turn % origins.length] ?? '');
      connection.socket.write(bytes);
      const received = await connection.ended;
      const [status = 0] = statuses(received);
      told.push({ method, target: '', status, code: codeIn(received), isWhole: status !== 0 });
    },
  };
}

function exchangeOf({ method = '', url = '' }: IncomingMessage, outgoing: ServerResponse, body: string): Told {
  const status = outgoing.headersSent ? outgoing.statusCode : 0;
  const code = status >= 400 ? codeIn(body) : undefined;
  return { method, target: url, status, code, isWhole: outgoing.writableFinished };
}

const codeIn = (body: string): string | undefined =>
  /"code":"([\w-]+)"|<Code>(\w+)<\/Code>/.exec(body)?.slice(1).find(Boolean);

const MAX_BODY = 65_536;

/** What the service answered, if it is short. */
function bodyOf(outgoing: ServerResponse): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  const write = outgoing.write.bind(outgoing) as (chunk: Buffer, ...rest: never[]) => boolean;
  outgoing.write = ((chunk: Buffer, ...rest: never[]) => {
    size += chunk.length;
    if (size <= MAX_BODY) chunks.push(Buffer.from(chunk));
    return write(chunk, ...rest);
  }) as typeof outgoing.write;
  return () => Buffer.concat(chunks).toString();
}
