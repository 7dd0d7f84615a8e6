import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { type Socket, Server as TcpServer } from 'node:net';

/** Unanswered requests of one connection; one read of 64 KB may bring two thousand. Clients that pipeline send ten. */
const MAX_PIPELINED = 100;
const SWEEP_MS = 50;

interface Exchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

interface Connection {
  /** Not answered to the last byte yet; the first is being handled. */
  readonly exchanges: Exchange[];
  /** What its last answer was to: an early one may have been sent before the body was read. */
  last: IncomingMessage | undefined;
  /** To be called when the first exchange has ended. */
  readonly goOn: () => void;
  /** What its client had taken when that was last looked at, in bytes; -1 before. */
  takenBytes: number;
}

export interface Connections {
  /** Takes no new connections, and ends each one when it owes no answer; resolves when all have ended. */
  drain(): Promise<void>;
}

export interface ConnectionOptions {
  readonly maxConnections: number;
  /** Who takes nothing of an answer for so long is stalled. */
  readonly stallMs?: number;
}

/** As slow bodies have it (http/request-body.ts). */
const STALL_MS = 30_000;

/**
 * Hands a server's requests to `handle`, those of one connection one after the other: Node by itself starts all that a read
 * brings. Node's own closing of idle connections isn't used: it cuts off answers that are written and not yet sent. Past
 * `maxConnections` a new one replaces the one that has been idle for longest, or else the one that was found stalled first;
 * where none is either, the new one is closed.
 */
export function superviseConnections(
  server: Server,
  handle: RequestListener,
  { maxConnections, stallMs = STALL_MS }: ConnectionOptions,
): Connections {
  const connections = new Map<Socket, Connection>();
  /** Without a request that came whole and isn't answered, the longest idle first: half a header is none yet. */
  const idle = new Set<Socket>();
  /** Whose client has taken nothing of what is written since two looks, the longest first. */
  const stalled = new Set<Socket>();
  let isDraining = false;

  server.on('connection', (socket) => {
    const goOn = () => {
      connection.exchanges.shift();
      if (connection.exchanges.length === 0 && connections.has(socket)) idle.add(socket);
      begin(socket, connection);
      if (isDraining) endIdle(socket, connection);
    };
    const connection: Connection = { exchanges: [], last: undefined, goOn, takenBytes: -1 };
    connections.set(socket, connection);
    idle.add(socket);
    socket.once('close', () => forget(socket));
    if (connections.size <= maxConnections) return;
    const replaced = longest(idle, socket) ?? longest(stalled, socket) ?? socket;
    forget(replaced); // now: its end is told in a later turn, and more may come in this one
    replaced.destroy();
  });

  const look = (): void => {
    for (const [socket, connection] of connections) {
      const takenBytes = socket.bytesWritten - socket.writableLength;
      const isStalled = socket.writableLength > 0 && takenBytes === connection.takenBytes;
      connection.takenBytes = takenBytes;
      if (isStalled) stalled.add(socket);
      else stalled.delete(socket);
    }
  };
  const looking = setInterval(look, stallMs).unref();
  server.once('close', () => clearInterval(looking));

  const forget = (socket: Socket): void => {
    connections.delete(socket);
    idle.delete(socket);
    stalled.delete(socket);
  };

  server.on('request', (incoming, outgoing) => {
    const { socket } = incoming;
    const connection = connections.get(socket);
    if (!connection || socket.destroyed) return; // the rest of a read whose connection has ended
    const { exchanges } = connection;
    exchanges.push({ incoming, outgoing });
    idle.delete(socket);
    if (exchanges.length > MAX_PIPELINED) socket.destroy();
    else if (exchanges.length === 1) begin(socket, connection);
  });

  const begin = (socket: Socket, connection: Connection): void => {
    const [exchange] = connection.exchanges;
    if (!exchange || socket.destroyed) return;
    const { incoming, outgoing } = exchange;
    connection.last = incoming;
    // Not where a body may still come: Node would cut it off, and the client lose an early answer.
    if (isDraining && connection.exchanges.length === 1 && !hasBody(incoming))
      outgoing.setHeader('Connection', 'close');
    outgoing.on('close', connection.goOn);
    handle(incoming, outgoing);
  };

  const endIdle = (socket: Socket, { exchanges, last }: Connection): void => {
    if (exchanges.length === 0 && (last?.complete ?? true)) socket.destroy();
  };

  return {
    async drain() {
      isDraining = true;
      const { promise, resolve } = Promise.withResolvers<void>();
      TcpServer.prototype.close.call(server, () => resolve());
      const sweep = () => {
        for (const [socket, connection] of connections) endIdle(socket, connection);
      };
      const timer = setInterval(sweep, SWEEP_MS).unref();
      sweep();
      await promise;
      clearInterval(timer);
    },
  };
}

/** The first of them but `newest`. */
function longest(sockets: ReadonlySet<Socket>, newest: Socket): Socket | undefined {
  const [first] = sockets;
  return first === newest ? undefined : first;
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
