import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { unlessAborted } from '../../../flow/abort.ts';
import { findRecords, isEmpty } from '../../../operations/users/hide-images.ts';
import { readDeletion } from '../../../operations/users/read-deletion.ts';
import { composeArchive } from '../../../run/compose/archive.ts';
import type { Start } from '../command.ts';

/** What a deletion would find. */
export interface DeletionPlan {
  /** Whether the user was deleted before, or a deletion is on its way. */
  readonly isRepeat: boolean;
  /** There is no record of the user. */
  readonly isEmpty: boolean;
  readonly images: number;
  /** The user's, and those of others that act for the user. */
  readonly apiKeys: number;
}

/** Reads every record, beside a running service too. */
export async function planDeletion(
  { config, secrets, observe }: Start,
  userId: string,
  signal: AbortSignal,
): Promise<DeletionPlan> {
  await using composition = await composeArchive(config, secrets, { observe });
  const { services } = composition;
  const found = await findRecords(services, userId, { signal });
  return {
    isRepeat: (await readDeletion(services, userId)) !== undefined,
    isEmpty: isEmpty(found),
    images: found.imageIds.length,
    apiKeys: found.keys.length,
  };
}

/**
 * Whether the operator agrees. Without a terminal nobody is asked: a script has decided. `plan`: undefined if records
 * can't be read.
 */
export async function isAgreed(userId: string, plan: DeletionPlan | undefined, signal: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return true;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const counts = plan ? `: ${plan.images} images, ${plan.apiKeys} API keys` : '';
    const what = `all data of ${JSON.stringify(userId)}${counts}`;
    const closed = once(lines, 'close').then(() => ''); // by Ctrl-D
    const answer = lines.question(`This deletes ${what}, and blocks the user. Type yes to go on: `);
    return (await unlessAborted(Promise.race([answer, closed]), signal)).trim() === 'yes';
  } finally {
    lines.close();
  }
}
