import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A proxy to a server that can forget its connections: a client notices when it next sends something. */
export interface ForgetfulWay extends AsyncDisposable {
  readonly url: string;
  /** Forgets the open connections and accepts new ones. Returns how many there were. */
  forget(): number;
}

export async function startForgetfulWay(to: string): Promise<ForgetfulWay> {
  const { hostname, port } = new URL(to);
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      socket.on('error', () => other.destroy()).on('close', () => other.destroy());
      socket.pipe(other);
    }
    open.add(near);
    near.on('close', () => open.delete(near));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forget() {
      for (const near of open)
        near
          .unpipe()
          .once('data', () => near.resetAndDestroy())
          .resume();
      return open.size;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      for (const near of open) near.destroy();
      await once(server, 'close');
    },
  };
}
