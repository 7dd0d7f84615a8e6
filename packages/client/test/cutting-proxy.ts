import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { createRandom } from '../../server/test/chance/random.ts';

/** A TCP proxy that cuts connections, and counts what passes. */
export interface CuttingProxy extends AsyncDisposable {
  /** Such as `http://127.0.0.1:1234`. */
  readonly origin: string;
  connections(): number;
  cuts(): number;
  /** Bytes from clients so far. */
  received(): number;
  /**
   * Reads no more from clients once they have sent so many bytes; resolves then, and with the end of their connections
   * after `release`.
   */
  holdAt(bytes: number): { readonly reached: Promise<void>; readonly closed: Promise<void>; release(): void };
  /** Cuts all connections, and refuses others until the promise's function is called. */
  goDown(): () => void;
}

export interface Cutting {
  readonly seed: number;
  /** The share of all connections that are cut, 0 to 1. */
  readonly share: number;
  /** A cut connection has carried at least so many bytes, in both directions. Default 0. */
  readonly fromBytes?: number;
  /** A cut connection has carried fewer bytes than this, in both directions. */
  readonly withinBytes: number;
}

export async function startCuttingProxy(target: string, cutting?: Cutting): Promise<CuttingProxy> {
  const { hostname, port } = new URL(target);
  const random = createRandom(cutting?.seed ?? 0);
  const sockets = new Set<Socket>();
  let [connections, cuts, received] = [0, 0, 0];
  let isDown = false;
  let hold: { readonly bytes: number; readonly reached: (client: Socket) => void } | undefined;
  const held = new Set<Socket>();

  const server = createServer((client) => {
    if (isDown) return client.resetAndDestroy();
    connections += 1;
    const service = connect(Number(port), hostname);
    const isCut = cutting !== undefined && random.chance(cutting.share);
    const { fromBytes = 0, withinBytes = 0 } = cutting ?? {};
    let left = isCut ? fromBytes + random.below(withinBytes - fromBytes) : Number.POSITIVE_INFINITY;
    const end = (): void => {
      client.resetAndDestroy();
      service.resetAndDestroy();
    };
    for (const [from, to] of [
      [client, service],
      [service, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes: Buffer) => {
        if (from === client) received += bytes.length;
        if (from === client && hold && received >= hold.bytes) {
          client.pause();
          held.add(client);
          hold.reached(client);
          hold = undefined;
        }
        if (bytes.length >= left) {
          cuts += 1;
          to.write(bytes.subarray(0, left), end);
          left = Number.POSITIVE_INFINITY;
          from.pause();
          return;
        }
        left -= bytes.length;
        if (!to.write(bytes)) {
          from.pause();
          to.once('drain', () => held.has(from) || from.resume());
        }
      });
      from.on('error', end);
      from.on('close', () => {
        sockets.delete(from);
        to.end();
      });
    }
    return undefined;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    cuts: () => cuts,
    received: () => received,
    holdAt(bytes) {
      const reached = Promise.withResolvers<void>();
      const closed = Promise.withResolvers<void>();
      hold = {
        bytes,
        reached(client) {
          client.once('close', () => closed.resolve()); // perhaps before `release`: it may be cut
          reached.resolve();
        },
      };
      return {
        reached: reached.promise,
        closed: closed.promise,
        release() {
          for (const socket of held) {
            held.delete(socket);
            socket.resume();
          }
        },
      };
    },
    goDown() {
      isDown = true;
      for (const socket of sockets) socket.resetAndDestroy();
      return () => {
        isDown = false;
      };
    },
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.resetAndDestroy();
      await once(server, 'close');
    },
  };
}
