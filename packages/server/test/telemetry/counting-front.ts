import { Agent, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Front, type Route, startFront } from '../../../../test/servers/front.ts';
import { connectTo, statuses } from '../http/raw-connection.ts';

/** A request, and what its client was told. */
export interface Told {
  readonly method: string;
  /** Path and query, as sent. */
  readonly target: string;
  /** 0: none. */
  readonly status: number;
  /**
   * The code of the problem, or of S3's error; undefined for other answers, and for those to HEAD, which have no body.
   */
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
  /**
   * Sends bytes that no proxy passes on to one of the services itself, which must end the connection. `method`: `-` if
   * they have none.
   */
  sendRaw(bytes: string, method: string): Promise<void>;
}

/**
 * In front of the services in turn. Each request has a connection of its own: one that a server closes meanwhile,
 * because this process was busy for seconds, would lose a request that nobody counts.
 */
export async function startCountingFront(origins: readonly string[]): Promise<CountingFront> {
  const told: Told[] = [];
  let open = 0;
  let turn = 0;
  const route: Route = (incoming, outgoing) => {
    open += 1;
    const passed = watchPassed(outgoing);
    outgoing.once('close', () => {
      open -= 1;
      told.push(exchangeOf(incoming, outgoing, passed()));
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

function exchangeOf(
  { method = '', url = '' }: IncomingMessage,
  outgoing: ServerResponse,
  { body, isWhole }: Passed,
): Told {
  const status = outgoing.headersSent ? outgoing.statusCode : 0;
  const code = status >= 400 ? codeIn(body) : undefined;
  return { method, target: url, status, code, isWhole };
}

const codeIn = (body: string): string | undefined =>
  /"code":"([\w-]+)"|<Code>(\w+)<\/Code>/.exec(body)?.slice(1).find(Boolean);

const MAX_BODY = 65_536;

/** What went through of an answer. */
interface Passed {
  /** If it is short. */
  readonly body: string;
  readonly isWhole: boolean;
}

function watchPassed(outgoing: ServerResponse): () => Passed {
  const chunks: Buffer[] = [];
  let passedBytes = 0;
  let declared: string | undefined;
  outgoing.once('pipe', ({ headers }: IncomingMessage) => {
    declared = headers['content-length'];
  });
  const write = outgoing.write.bind(outgoing);
  outgoing.write = (chunk: Buffer) =>
    write(chunk, (error) => {
      if (error) return;
      passedBytes += chunk.length;
      if (passedBytes <= MAX_BODY) chunks.push(Buffer.from(chunk));
    });
  // A client may leave with the last declared byte, before the end has come through.
  return () => ({
    body: Buffer.concat(chunks).toString(),
    isWhole: outgoing.writableFinished || (passedBytes > 0 && passedBytes === Number(declared)),
  });
}
