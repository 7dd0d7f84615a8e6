import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import type { Random } from '../chance/random.ts';
import { ask, type MortalService } from '../services/mortal-service.ts';
import { killAll, type RunningService, startService } from '../services/running-service.ts';
import { type RunningWorker, startWorkerIn } from '../services/running-worker.ts';

/** Two APIs and two workers, of which any may be killed; at least one API runs at any time. */
export interface MortalProcesses extends Pick<MortalService, 'send' | 'output'>, AsyncDisposable {
  /** An API that runs. */
  origin(): string;
  /**
   * `kill -9` of any process, and its next start once `meanwhile`, which begins with the kill, has ended. Asserts that
   * none had ended by itself.
   */
  killOne(meanwhile: () => Promise<void>): Promise<'api' | 'worker'>;
  /** Ends the workers. */
  stopWorkers(): Promise<void>;
}

interface Api {
  running: RunningService;
  isKilled: boolean;
}

/** Errors of a connection that the process closed while it was idle. */
const LOST = ['ECONNRESET', 'EPIPE'];

export async function startMortalProcesses({
  folder,
  environment,
  random,
}: {
  /** One of all processes, as on one machine. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly random: Random;
}): Promise<MortalProcesses> {
  const agent = new Agent({ keepAlive: true });
  const settings = { ...environment };
  const startApi = async (): Promise<Api> => ({ running: await startService(settings, folder), isKilled: false });
  const apis = [await startApi(), await startApi()];
  const workers: RunningWorker[] = [await startWorkerIn(folder, settings), await startWorkerIn(folder, settings)];
  const said: string[] = [];
  const requireRunning = (): void => {
    for (const { running } of apis) assert.equal(running.process.exitCode, null, running.output());
    for (const worker of workers) assert.ok(worker.isRunning(), worker.output());
  };
  const anyApi = (): Api => random.pick(apis.filter(({ isKilled }) => !isKilled));

  return {
    origin: () => anyApi().running.origin,
    output: () => [...said, ...[...apis.map(({ running }) => running), ...workers].map((one) => one.output())].join(''),

    async send(target, sent) {
      const api = anyApi();
      try {
        return await ask(agent, api.running.origin, target, sent);
      } catch (error) {
        if (api.isKilled || LOST.includes(String((error as NodeJS.ErrnoException).code))) return undefined;
        throw error;
      }
    },

    async killOne(meanwhile) {
      requireRunning();
      const nth = random.below(2);
      const [api, worker] = [apis[nth], workers[nth]];
      if (!api || !worker) throw new Error('expected two processes of each kind');
      if (random.chance(0.5)) {
        api.isKilled = true;
        await Promise.all([killAll(api.running), meanwhile()]);
        said.push(api.running.output());
        apis[nth] = await startApi();
        return 'api';
      }
      await Promise.all([worker.kill(), meanwhile()]);
      said.push(worker.output());
      workers[nth] = await startWorkerIn(folder, settings);
      return 'worker';
    },

    async stopWorkers() {
      requireRunning();
      const stopped = await Promise.all(workers.map((worker) => worker.stop()));
      for (const { exitCode, output } of stopped) assert.equal(exitCode, 0, output);
    },

    async [Symbol.asyncDispose]() {
      await Promise.all([...apis.map(({ running }) => killAll(running)), ...workers.map((worker) => worker.kill())]);
      agent.destroy();
    },
  };
}
