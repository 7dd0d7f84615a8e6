import { setTimeout as delay } from 'node:timers/promises';
import { createInOrder } from '../../../flow/in-order.ts';
import { type CarryOutServices, carryOutDeletions } from '../../../operations/users/carry-out-deletions.ts';
import { carryOutExports } from '../../../operations/users/carry-out-exports.ts';
import { composeSoleArchive } from '../../../run/compose/archive.ts';
import { isStateless } from '../../../run/config/config.ts';
import { sentence } from '../../../run/process/sentence.ts';
import type { Start } from '../command.ts';
import { stopSignal } from '../stop-signal.ts';

/** Between two looks, each of which reads the open deletions and ended ones. */
const LOOK_MS = 60_000;

/** Does what was asked for over HTTP, where the service's own processes may not read all records. */
export async function carryOut(
  { config, secrets, observe: warn }: Start,
  { isOnce }: { readonly isOnce: boolean },
): Promise<void> {
  if (!isStateless(config)) {
    console.error('Nothing to carry out: with records or objects in DATA_DIR, npm start does it');
    return;
  }
  const signal = stopSignal();
  await using composition = await composeSoleArchive(config, secrets, { observe: warn });
  const tellFailed = (error: unknown): void => {
    if (isOnce) process.exitCode = 1;
    console.error(`What was asked for is tried again. ${sentence(error)}`);
  };
  const observe: CarryOutServices['observe'] = (event) =>
    event.event === 'command-failed' ? tellFailed(event.error) : warn(event);
  const services = { ...composition.services, deletionInOrder: createInOrder(), observe };
  if (!isOnce) console.log('Carries out what is asked for below /users, and looks every minute');
  const rounds = async (work: () => Promise<void>): Promise<void> => {
    for (;;) {
      await work().catch((error: unknown) => {
        if (!signal.aborted) tellFailed(error);
      });
      if (!isOnce) await delay(LOOK_MS, undefined, { signal }).catch(() => undefined);
      if (isOnce || signal.aborted) return;
    }
  };
  // An export may take hours, for which no deletion waits.
  await Promise.all([
    rounds(() => carryOutDeletions(services, signal)),
    rounds(() => carryOutExports(services, signal)),
  ]);
}
