import { type IncomingMessage, type RequestListener, type Server, ServerResponse } from 'node:http';
import { type Socket, Server as TcpServer } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createConnectionPlaces } from './places.ts';

/**
 * Unanswered requests of one connection; one read of 64 KB may contain two thousand. Clients that pipeline send ten.
 */
const MAX_PIPELINED = 100;
const SWEEP_MS = 50;
/** A busy client sees the answer meanwhile. */
const LINGER_MS = 5_000;
/** A proxy sends the request as soon as it has connected. */
const FIRST_REQUEST_MS = 1_000;
/** Each turn of the event loop accepts one connection. More wait only if clients connect faster than that. */
const MAX_ACCEPTING_TURNS = 10_000;

/** A request and its answer. */
export interface Exchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

interface Connection {
  /** Requests without a complete answer; the first one is being handled. */
  readonly exchanges: Exchange[];
  /** The one that was begun last: an early answer may precede the end of the body. */
  last: Exchange | undefined;
  /** To be called when the first exchange has ended. */
  readonly goOn: () => void;
  /** The bytes that its client had read at the last check if more were pending; -1 otherwise. */
  takenBytes: number;
  readonly openedMs: number;
}

export interface Connections {
  /** The request of the connection that `handle` has, or that is answered and whose body still arrives. */
  current(socket: Socket): Exchange | undefined;
  /** From now on the answer that a connection waits for is its last one: `Connection: close`. */
  announceEnd(): void;
  /**
   * Accepts no new connections, and ends each one when it owes no answer; resolves when all have ended. A new
   * connection may still send its first request: a proxy that has just connected doesn't know that this process ends.
   */
  drain(): Promise<void>;
}

export interface ConnectionOptions {
  readonly maxConnections: number;
  /** A client that reads nothing of an answer for this long is stalled. */
  readonly stallMs?: number;
  /** How long the rest of a body may arrive after the last answer of a connection. */
  readonly lingerMs?: number;
  /** How long a new connection may take to send its first request during a drain. */
  readonly firstRequestMs?: number;
}

/** Equals the stall timeout of slow bodies (http/bodies/request-body.ts). */
const STALL_MS = 30_000;

/**
 * Hands a server's requests to `handle`, those of one connection one after the other: Node itself starts all requests
 * of a read. Node's own closing of idle connections isn't used: it cuts off answers that are written and not yet sent.
 * Above `maxConnections` an old connection gives way to a new one, or the new one is closed (connection-places.ts).
 */
export function superviseConnections(server: Server, handle: RequestListener, options: ConnectionOptions): Connections {
  const { maxConnections, stallMs = STALL_MS, lingerMs = LINGER_MS, firstRequestMs = FIRST_REQUEST_MS } = options;
  const connections = new Map<Socket, Connection>();
  /** Idle: without a complete request that isn't answered; half a header doesn't count. */
  const places = createConnectionPlaces<Socket>();
  let isDraining = false;
  let isEnding = false;
  let accepted = 0;

  server.on('connection', (socket) => {
    socket.on('error', () => undefined); // of a CONNECT that waits for its turn: Node has left that connection to us
    accepted += 1;
    const goOn = () => {
      connection.exchanges.shift();
      if (connection.exchanges.length === 0) places.set(socket, 'idle');
      begin(socket, connection);
      if (isDraining) endIdle(socket, connection);
    };
    const connection: Connection = {
      exchanges: [],
      last: undefined,
      goOn,
      takenBytes: -1,
      openedMs: performance.now(),
    };
    const address = socket.remoteAddress ?? '';
    const replaced = places.count() < maxConnections ? undefined : (places.whoGivesWay(address) ?? socket);
    connections.set(socket, connection);
    lingerOn(socket, connection, lingerMs);
    places.add(socket, address);
    socket.once('close', () => forget(socket));
    if (!replaced) return;
    forget(replaced); // now, because its end is emitted in a later turn, and more connections may arrive in this one
    replaced.destroy();
  });

  const look = (): void => {
    for (const [socket, connection] of connections) {
      if (connection.exchanges.length === 0) continue;
      const takenBytes = socket.bytesWritten - socket.writableLength;
      const isStalled = socket.writableLength > 0 && takenBytes === connection.takenBytes;
      connection.takenBytes = socket.writableLength > 0 ? takenBytes : -1;
      places.set(socket, isStalled ? 'stalled' : 'busy');
    }
  };
  const looking = setInterval(look, stallMs).unref();
  server.once('close', () => clearInterval(looking));

  const forget = (socket: Socket): void => {
    connections.delete(socket);
    places.remove(socket);
  };

  const receive: RequestListener = (incoming, outgoing) => {
    const { socket } = incoming;
    const connection = connections.get(socket);
    if (!connection || !socket.writable) return; // the rest of a read whose connection has ended
    const { exchanges } = connection;
    exchanges.push({ incoming, outgoing });
    if (exchanges.length === 1) places.set(socket, 'busy');
    if (exchanges.length > MAX_PIPELINED) socket.destroy();
    else if (exchanges.length === 1) begin(socket, connection);
  };
  server.on('request', receive);
  server.on('checkContinue', receive); // Node itself would ask for the body before anything is decided
  server.on('checkExpectation', receive); // Node itself would answer, and nobody would know
  server.on('connect', (incoming) => {
    const outgoing = new ServerResponse(incoming);
    outgoing.shouldKeepAlive = false;
    receive(incoming, outgoing);
  });

  const begin = (socket: Socket, connection: Connection): void => {
    const [exchange] = connection.exchanges;
    if (!exchange || socket.destroyed) return;
    const { incoming, outgoing } = exchange;
    connection.last = exchange;
    if (isEnding && connection.exchanges.length === 1) outgoing.setHeader('Connection', 'close');
    outgoing.on('close', connection.goOn);
    if (incoming.method === 'CONNECT') answerConnect(socket, outgoing);
    handle(incoming, outgoing);
  };

  const endIdle = (socket: Socket, connection: Connection): void => {
    const isNew = connection.last === undefined && performance.now() - connection.openedMs < firstRequestMs;
    if (currentOf(connection) === undefined && !isNew) socket.destroy();
  };

  /**
   * Closing a listener resets the connections that wait to be accepted, and a proxy may have sent a request by then.
   */
  const acceptWaiting = async (): Promise<void> => {
    for (let turns = 0, quiet = 0, before = accepted; turns < MAX_ACCEPTING_TURNS && quiet < 2; turns += 1) {
      await nextTurn();
      quiet = accepted === before ? quiet + 1 : 0;
      before = accepted;
    }
  };

  return {
    current: (socket) => currentOf(connections.get(socket)),
    announceEnd() {
      isEnding = true;
    },
    async drain() {
      isEnding = true;
      await acceptWaiting();
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

/** Also one that is answered and whose body still arrives. */
function currentOf(connection: Connection | undefined): Exchange | undefined {
  const [exchange] = connection?.exchanges ?? [];
  return exchange ?? (connection?.last?.incoming.complete === false ? connection.last : undefined);
}

/**
 * Node closes a connection at once after an answer with `Connection: close`, and node-server 500 ms after another early
 * answer. Bytes of a body that arrive later would reset the connection, and the client could lose the answer. Only our
 * side ends then, and the rest of the body is read first (RFC 9112 9.6).
 */
function lingerOn(socket: Socket, connection: Connection, lingerMs: number): void {
  const close = socket.destroySoon.bind(socket);
  socket.destroySoon = () => {
    const late = connection.last?.incoming;
    if (!late || late.complete) return close();
    socket.destroySoon = () => undefined;
    socket.end();
    late.once('close', close);
    setTimeout(close, lingerMs).unref();
  };
}

/** Node has left the connection to us: its bytes may be of another protocol. */
function answerConnect(socket: Socket, outgoing: ServerResponse): void {
  socket.resume();
  outgoing.assignSocket(socket);
  outgoing.once('finish', () => socket.destroySoon());
}
