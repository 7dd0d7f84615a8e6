import { join } from 'node:path';
import { judge, type Measurement, milliseconds } from './measurement.ts';
import { START } from './program.ts';
import { alternate } from './rounds.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { millisecondsToHealth } from './time-to-health.ts';

const ROUNDS = 11;
const ROOT = join(import.meta.dirname, '..');
const FLOOR = join(import.meta.dirname, 'floors/start-floor.ts');

/** From spawn to the first answer of /health. */
export async function start(): Promise<readonly Measurement[]> {
  await using cache = await temporaryFolder();
  const node = (args: readonly string[], cacheFolder: string) => () =>
    millisecondsToHealth({ command: process.execPath, args, cacheFolder });
  const npm = () => millisecondsToHealth({ command: 'npm', args: ['start'], cwd: ROOT, cacheFolder: cache.path });
  await node(START, cache.path)();
  await npm();
  const { service, npmStart, floor } = await alternate(ROUNDS, {
    floor: node([FLOOR], cache.path),
    service: node(START, cache.path),
    npmStart: npm,
  });
  const { first } = await alternate(ROUNDS, {
    async first() {
      await using empty = await temporaryFolder();
      return node(START, empty.path)();
    },
  });
  return [
    judge('start, spawn to /health', service, { unit: milliseconds, goal: { atMost: 500 }, floor }),
    judge('start, the same with nothing compiled yet', first, { unit: milliseconds, goal: { atMost: 500 } }),
    judge('start, `npm start` to /health', npmStart, { unit: milliseconds, goal: { atMost: 1_000 } }),
  ];
}
