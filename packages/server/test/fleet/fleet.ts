import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFront } from '../../../../test/servers/front.ts';
import { type Cloud, createCloud } from '../services/cloud.ts';
import { type RunningService, startService } from '../services/running-service.ts';
import { type RunningWorker, startWorkerIn } from '../services/running-worker.ts';

/** The stores that processes share. */
type Shared = Pick<Cloud, 'environment'>;

/** Processes of one service in a cloud: those that answer, and those that work. */
export interface Fleet<Stores extends Shared = Cloud> extends AsyncDisposable {
  readonly cloud: Stores;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly services: readonly RunningService[];
  readonly workers: readonly RunningWorker[];
  /** An address where each request is answered by the next process. */
  readonly origin: string;
}

export interface FleetOptions {
  readonly services: number;
  readonly workers: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** In a new cloud. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  await using stack = new AsyncDisposableStack();
  const cloud = stack.use(await createCloud());
  const fleet = stack.use(await startFleetIn(cloud, options));
  const held = stack.move();
  return { ...fleet, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** All in one folder, like the processes of one machine. The cloud outlives them. */
export async function startFleetIn<Stores extends Shared>(
  cloud: Stores,
  { services, workers, environment = {} }: FleetOptions,
): Promise<Fleet<Stores>> {
  await using stack = new AsyncDisposableStack();
  const { path: folder } = stack.use(await mkdtempDisposable(join(tmpdir(), 'safelight-')));
  const all = { ...cloud.environment, ...environment };
  const answering: RunningService[] = [];
  const working: RunningWorker[] = [];
  const starts = [
    ...Array.from({ length: services }, async () => answering.push(stack.use(await startService(all, folder)))),
    ...Array.from({ length: workers }, async () => working.push(stack.use(await startWorkerIn(folder, all)))),
  ];
  await Promise.allSettled(starts); // if one fails, the others are ended too
  await Promise.all(starts);
  let turn = 0;
  const front = stack.use(
    await startFront(() => {
      turn += 1;
      return answering[turn % answering.length]?.origin;
    }),
  );
  const held = stack.move();
  return {
    cloud,
    folder,
    environment: all,
    services: answering,
    workers: working,
    origin: front.url,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
