import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { Place } from '../backups/place.ts';
import { type FaultyProxy, startFaultyProxy } from '../faults/faulty-proxy.ts';
import type { CallName } from '../faults/injection.ts';
import { fakeTimeIn } from '../services/fake-time.ts';
import { killAll, type RunningService, spawnProgram, startService, untilPrinted } from '../services/running-service.ts';
import { WORK } from '../services/running-worker.ts';

/** A process of a fleet that can be frozen at a call to the table, or killed. */
export interface MortalProcess {
  /** Empty for a worker. */
  readonly origin: string;
  output(): string;
  /** Resolves once the process has stopped at its next such call (SIGSTOP). */
  freezeAt(name: CallName, moment: 'before' | 'after'): Promise<Frozen>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

export interface Frozen {
  /** The process goes on, and the call too. */
  thaw(): void;
  /** The process is killed, and then its call arrives. */
  kill(): Promise<void>;
}

/** Processes of one place whose common clock can be moved; some of them are ahead of it. */
export interface EventFleet extends AsyncDisposable {
  startApi(clock?: Clock): Promise<MortalProcess>;
  /** With the right clock: the lease of a dead worker that was ahead would last as much longer. */
  startWorker(): Promise<MortalProcess>;
  pass(seconds: number): Promise<void>;
}

type Clock = 'right' | 'ahead';

const AHEAD_SECONDS = 120;
/**
 * A process doesn't start whose clock is five minutes away from the store's: the common one begins that late, to have
 * room.
 */
const FIRST_SECONDS = -280;

const shift = (seconds: number): string => `${seconds < 0 ? '' : '+'}${seconds}s`;

export async function createEventFleet(
  { folder, environment }: Place,
  settings: Readonly<Record<string, string>>,
): Promise<EventFleet> {
  const stack = new AsyncDisposableStack();
  const table = environment['AWS_ENDPOINT_URL_DYNAMODB'] ?? '';
  const files: Record<Clock, string> = { right: join(folder, 'clock'), ahead: join(folder, 'clock-ahead') };
  let passed = FIRST_SECONDS;
  const setClocks = () =>
    Promise.all([writeFile(files.right, shift(passed)), writeFile(files.ahead, shift(passed + AHEAD_SECONDS))]);
  await setClocks();

  async function start(
    clock: Clock,
    run: (environment: Record<string, string>) => Promise<Pick<RunningService, 'origin' | 'output' | 'process'>>,
  ): Promise<MortalProcess> {
    const proxy = stack.use(await startFaultyProxy(table, { callNameOf, faults: {} }));
    const own = { ...environment, ...settings, AWS_ENDPOINT_URL_DYNAMODB: proxy.url, ...fakeTimeIn(files[clock]) };
    const running = await run(own);
    stack.defer(() => killAll(running));
    return mortal(running, proxy);
  }

  return {
    startApi: (clock = 'right') => start(clock, (own) => startService(own, folder)),
    startWorker: () =>
      start('right', async (own) => {
        const spawned = spawnProgram(folder, own, [process.execPath, WORK]);
        await untilPrinted(spawned, /^Safelight works/m);
        return { origin: '', output: spawned.output, process: spawned.child };
      }),
    async pass(seconds) {
      passed += seconds;
      await setClocks();
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function mortal(
  running: Pick<RunningService, 'origin' | 'output' | 'process'>,
  proxy: FaultyProxy<never>,
): MortalProcess {
  const { process: child, origin, output } = running;
  return {
    origin,
    output,
    async freezeAt(name, moment) {
      const held = proxy.hold(name, moment);
      const early = once(child, 'exit').then(() => {
        throw new Error(`the process ended before ${name}: ${output()}`);
      });
      early.catch(() => undefined);
      await Promise.race([held.reached, early]);
      child.kill('SIGSTOP');
      return {
        thaw() {
          child.kill('SIGCONT');
          held.release();
        },
        async kill() {
          await killAll(running);
          held.release();
        },
      };
    },
    kill: () => killAll(running),
  };
}

const PARTITION = /"(?:pk|:partition)":\{"S":"(\w+)/;

/** The operation and the kind of partition: `PutItem VL`. A change with an event is `TransactWriteItems VX`. */
function callNameOf({ headers }: IncomingMessage, body: Buffer): CallName {
  const operation = String(headers['x-amz-target']).replace(/^DynamoDB_\d+\./, '');
  const text = String(body);
  const isLogged = operation === 'TransactWriteItems' && text.includes('"VX#');
  return `${operation} ${isLogged ? 'VX' : (PARTITION.exec(text)?.[1] ?? 'other')}`;
}
