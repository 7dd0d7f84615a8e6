import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy that halts uploads on their way, so that a cut hits them however fast the machine is. */
export interface HaltingProxy extends AsyncDisposable {
  /** Such as `http://127.0.0.1:1234`. */
  readonly origin: string;
  /**
   * Lets so many further uploads pass, and halts all others; resolves with the first. Until it is halted, `body`: the
   * service lacks the last byte; `answer`: the service has stored the picture, and the browser doesn't know.
   */
  haltAfter(uploads: number, at: 'body' | 'answer'): Promise<void>;
  /** Uploads that are halted now. */
  halted(): number;
  /** Cuts all connections, and refuses others until `goUp`. Later uploads aren't halted. */
  cut(): { goUp(): void };
}

export async function startHaltingProxy(target: string): Promise<HaltingProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const halted = new Set<Socket>();
  let isDown = false;
  let rule: { left: number; readonly at: 'body' | 'answer'; readonly reached: () => void } | undefined;

  const server = createServer((client) => {
    if (isDown) return client.resetAndDestroy();
    const service = connect(Number(port), hostname);
    let current: typeof rule;
    const halt = (): void => {
      halted.add(client);
      current?.reached();
    };
    // Both go on to be read, so that their ends are noticed.
    client.on('data', (bytes: Buffer) => {
      if (halted.has(client)) return;
      if (beginsWith(bytes, 'PUT ')) {
        current = rule && rule.left <= 0 ? rule : undefined;
        if (rule) rule.left -= 1;
      }
      const isHalted = current?.at === 'body';
      service.write(isHalted ? bytes.subarray(0, -1) : bytes);
      if (isHalted) halt();
    });
    service.on('data', (bytes: Buffer) => {
      if (halted.has(client)) return;
      if (current?.at === 'answer' && beginsWith(bytes, 'HTTP/1.1 2')) return halt();
      current = undefined; // a refused upload, or an answer to another request
      client.write(bytes);
    });
    for (const [one, other] of [
      [client, service],
      [service, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.resetAndDestroy());
      one.on('close', () => {
        sockets.delete(one);
        halted.delete(one);
        other.end();
      });
    }
    return undefined;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const cutAll = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    haltAfter(uploads, at) {
      const { promise, resolve } = Promise.withResolvers<void>();
      rule = { left: uploads, at, reached: resolve };
      return promise;
    },
    halted: () => halted.size,
    cut() {
      [isDown, rule] = [true, undefined];
      cutAll();
      return {
        goUp() {
          isDown = false;
        },
      };
    },
    async [Symbol.asyncDispose]() {
      server.close();
      cutAll();
      await once(server, 'close');
    },
  };
}

/**
 * A browser sends a request on a connection once the answer before it has ended, so requests and answers begin a chunk.
 */
const beginsWith = (bytes: Buffer, text: string): boolean => bytes.subarray(0, text.length).toString('latin1') === text;
