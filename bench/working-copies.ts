import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';

const LONGEST_SECONDS = 120;
const LOOK_EVERY_MS = 50;

/** Waits until the records of a service in this folder name a working copy for so many images. */
export async function workingCopies(folder: string, count: number): Promise<void> {
  using database = new DatabaseSync(join(folder, 'data/safelight.db'), { readOnly: true });
  const copied = database.prepare('SELECT count(*) AS copies FROM images WHERE working_copy IS NOT NULL');
  for (const end = performance.now() + LONGEST_SECONDS * 1000; performance.now() < end; await delay(LOOK_EVERY_MS)) {
    if (copied.get()?.['copies'] === count) return;
  }
  throw new Error(`expected ${count} working copies in ${LONGEST_SECONDS} s; got ${copied.get()?.['copies']}`);
}
