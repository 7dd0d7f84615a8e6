import './process/look-up-threads.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { BUILD } from '../observe/version.ts';
import { isStateless } from './config/config.ts';
import { describeVariables } from './config/describe-variables.ts';
import { flagsGiven } from './process/command-line.ts';
import { composeProcess, configured } from './process/compose-process.ts';
import { decodersLine } from './process/decoders-line.ts';
import { openProcessTelemetry, watchedServices } from './process/open-telemetry.ts';
import { sentence } from './process/sentence.ts';
import { endProcess, onStopSignal } from './process/stop-signals.ts';
import { startWorker } from './worker.ts';

/** Running jobs get this long after SIGTERM; after that their claims lapse, and another worker takes them over. */
const DRAIN_SECONDS = 25;
/** Any interval will do: the timer itself keeps the process alive. */
const KEEP_ALIVE_MS = 60_000;

/** Runs the background work that `serve` does itself if records or objects are on its disk. */
async function work(): Promise<void> {
  const start = await configured();
  if (!isStateless(start.config)) {
    console.log('Nothing to start: with records or objects in DATA_DIR, npm start does the background work.');
    return;
  }
  const { logger } = start;
  const telemetry = await openProcessTelemetry(start, 'work');
  const composition = await composeProcess(start, telemetry, { answersLists: false });
  telemetry.watch(watchedServices(composition));
  const worker = startWorker({ services: composition.services, hasMetrics: telemetry.hasMetrics });
  const alive = setInterval(() => undefined, KEEP_ALIVE_MS); // between two rounds there is no other handle

  onStopSignal(async (reason) => {
    logger.info(`${reason}: finishing running jobs`);
    const isDone = await Promise.race([
      worker[Symbol.asyncDispose]().then(() => true),
      delay(DRAIN_SECONDS * 1000, false, { ref: false }),
    ]);
    clearInterval(alive);
    await composition[Symbol.asyncDispose]();
    await telemetry[Symbol.asyncDispose]();
    endProcess(isDone ? 0 : 1);
  });
  const decoders = await decodersLine(composition.services);
  console.log(
    `Safelight works in the background: it finalizes uploads and removes expired and deleted objects - version ${BUILD} - ${decoders}`,
  );
}

flagsGiven({
  usage: 'npm run work [-- --help | --version]',
  about: () =>
    `Runs Safelight's background work, for records in a table or a database of PostgreSQL, and objects in a bucket.\n\n${describeVariables()}`,
});
process.umask(0o077); // before any file is made: temporary files here are users' images
await work().catch((error: unknown) => {
  console.error(`Safelight can't work. ${sentence(error)}`);
  process.exit(1);
});
