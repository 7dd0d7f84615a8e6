import type { Keeping } from '../../backups/kept-backups.ts';
import { pruneBackups } from '../../backups/prune-backups.ts';
import { printJson, type Start } from '../command.ts';
import { stopSignal } from '../stop-signal.ts';
import { openNamedTarget } from '../target.ts';
import { inBytes } from './words.ts';

export interface PruneCommand extends Keeping {
  readonly target: string;
  readonly isJson: boolean;
}

export async function prune(start: Start, { target: name, isJson, ...keeping }: PruneCommand): Promise<void> {
  await using target = await openNamedTarget(name, start);
  const clock = { now: () => new Date() };
  const { kept, removed, removedObjects, removedBytes } = await pruneBackups(
    { clock },
    { target, ...keeping, signal: stopSignal() },
  );
  if (isJson) return printJson({ kept, removed, removed_objects: removedObjects, removed_bytes: removedBytes });
  const objects = `${removedObjects} originals that only they had (${inBytes(removedBytes)})`;
  console.log(`${kept.length} backups are kept; ${removed.length} were removed, with ${objects}`);
}
