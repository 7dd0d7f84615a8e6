import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type ClamdOptions, type ClamdServer, startClamd } from '../../../../test/servers/clamd.ts';

/** clamd behind a connection that the test disturbs. */
export interface DisturbedClamd extends ClamdServer {
  /** Answers this in place of what clamd says; null: clamd's own. */
  sayInstead(answers: readonly string[] | null): void;
  /** Keeps back what clamd says, until `release`. */
  keepBack(): void;
  release(): void;
  /** Ends whatever disturbs the connection. */
  repair(): void;
  /** Resolves once so many more connections were made. */
  connected(count: number): Promise<void>;
}

/** What no client may take for a verdict. */
export const GARBAGE: readonly string[] = [
  'stream: OKAY\0',
  'OK\0',
  'stream: OK',
  'stream: OK\n',
  'stream:  FOUND\0',
  'stream: Heuristics.Limits.Exceeded.MaxScanSize FOUND\0',
  'INSTREAM size limit exceeded. ERROR\0',
  '\0stream: OK\0',
  'PONG\0',
  `stream: ${'x'.repeat(201)} FOUND\0`,
  `stream: ${'x'.repeat(5_000)} FOUND\0`,
  '',
];

export async function startDisturbedClamd(options: ClamdOptions): Promise<DisturbedClamd> {
  await using stack = new AsyncDisposableStack();
  const clamd = stack.use(await startClamd(options));
  const path = clamd.address.replace(/^unix:/, '');
  let instead: readonly string[] | null = null;
  let answered = 0;
  let going: PromiseWithResolvers<void> | undefined;
  let connections = 0;
  const waiting = new Set<{ readonly at: number; readonly resolve: () => void }>();

  const server = createServer({ allowHalfOpen: true }, (client) => {
    connections += 1;
    for (const { at, resolve } of waiting) if (connections >= at) resolve();
    const daemon = connect({ path, allowHalfOpen: true });
    const end = (): void => {
      client.destroy();
      daemon.destroy();
    };
    for (const socket of [client, daemon]) socket.on('error', end);
    client.pipe(daemon);
    void forward(daemon, client).then(end, end);
  });
  async function forward(daemon: Socket, client: Socket): Promise<void> {
    const said = Buffer.concat(await Array.fromAsync(daemon as AsyncIterable<Buffer>));
    await going?.promise;
    const text = instead === null ? said : Buffer.from(instead[answered % instead.length] ?? '', 'latin1');
    if (instead) answered += 1;
    client.end(text);
    await once(client, 'close');
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(() => void server.close());
  const held = stack.move();
  const { port } = server.address() as AddressInfo;

  const release = (): void => {
    going?.resolve();
    going = undefined;
  };

  return {
    ...clamd,
    address: `127.0.0.1:${port}`,
    sayInstead(answers) {
      instead = answers;
    },
    keepBack() {
      going = Promise.withResolvers();
    },
    release,
    repair() {
      instead = null;
      release();
    },
    connected(count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.add({ at: connections + count, resolve });
      return promise;
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
