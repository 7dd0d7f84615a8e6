import { once } from 'node:events';
import { connect } from 'node:net';
import { freePort } from './free-port.ts';
import { isInstalled } from './installed.ts';
import { createPrograms } from './programs.ts';
import { startInFolder } from './start-in-folder.ts';

export interface RedisServer extends AsyncDisposable {
  readonly url: string;
  /** Ends it at once, like `kill -9`. Its counters are lost. */
  kill(): Promise<void>;
  /** Starts it again, on the same port. */
  restart(): Promise<void>;
  /** Halts it: connections are accepted, and nothing answers, until it goes on. */
  halt(): void;
  goOn(): void;
}

/** A tenth of a second on an idle machine; this allows for a busy one. */
const DEADLINE_MS = 60_000;

const MISSING = ['redis-server', 'setpriv'].filter((program) => !isInstalled(program));
const REMEDY = 'apt-get install redis-server util-linux';

/** The reason to skip, or false; in CI a missing Redis is a failure. */
export const NO_REDIS =
  MISSING.length === 0 || process.env['CI']
    ? false
    : `Shared rate limits are not tested without Redis (missing: ${MISSING.join(', ')}): ${REMEDY}`;

/** Redis on a free loopback port, in memory. Each test file starts its own, because tests kill it. */
export async function startRedis({ deadlineMs = DEADLINE_MS } = {}): Promise<RedisServer> {
  if (MISSING.length > 0) throw new Error(`expected Redis; missing: ${MISSING.join(', ')}: ${REMEDY}`);
  const port = await freePort();
  const { folder, stop } = await startInFolder({ name: 'Redis', deadlineMs, start: async () => undefined });
  let programs = createPrograms(folder, AbortSignal.timeout(deadlineMs));
  const start = async (): Promise<void> => {
    programs = createPrograms(folder, AbortSignal.timeout(deadlineMs));
    programs.start(['redis-server', '--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--daemonize', 'no']);
    await programs.until(() => accepts(port));
  };
  const kill = async (): Promise<void> => {
    programs.kill();
    await programs.ended();
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    kill,
    restart: start,
    halt: () => programs.halt(),
    goOn: () => programs.goOn(),
    async [Symbol.asyncDispose]() {
      await kill();
      await stop('passed');
    },
  };
}

/** Whether something listens on the port, and answers a PING. */
async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    socket.write('PING\r\n');
    const [answer] = await once(socket, 'data');
    return String(answer) === '+PONG\r\n';
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
