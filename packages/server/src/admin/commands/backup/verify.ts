import { AppError } from '../../../domain/errors.ts';
import { SYSTEM_CLOCK } from '../../../run/compose/system-clock.ts';
import type { Verified } from '../../backups/verification.ts';
import { verifyBackups } from '../../backups/verify-backup.ts';
import { writeResults } from '../../backups/write-results.ts';
import { printJson, type Start } from '../command.ts';
import { stopSignal } from '../stop-signal.ts';
import { openNamedTarget } from '../target.ts';
import { inBytes, onTerminal } from './words.ts';

export interface VerifyCommand {
  readonly target: string;
  readonly sample: number | undefined;
  readonly isJson: boolean;
}

export async function verify(start: Start, { target: name, sample, isJson }: VerifyCommand): Promise<void> {
  await using target = await openNamedTarget(name, start);
  const onProgress = onTerminal<{ objects: number; bytes: number }>(
    ({ objects, bytes }) => `${objects} originals read (${inBytes(bytes)})`,
  );
  const signal = stopSignal();
  const verified = await verifyBackups({ target, sample, onProgress, signal });
  if (isJson) printJson(verifiedJson(verified));
  else console.log(sentences(verified).join('\n'));
  if (verified.findings.length > 0) process.exitCode = 1;
  await writeResults({ clock: SYSTEM_CLOCK }, { target, sample, signal }, verified).catch((error: unknown) => {
    if (!(error instanceof AppError)) throw error; // a target that can only be read is verified all the same
    console.error(`The result isn't beside the backups, so that prune doesn't know it: ${error.detail}`);
  });
}

function sentences({ backups, images, objects, readObjects, readBytes, findings }: Verified): readonly string[] {
  const read = `${backups} backups with ${images} images were read; ${readObjects} of ${objects} originals (${inBytes(readBytes)})`;
  if (findings.length === 0) return [`${read}: all is as it was written`];
  return [
    ...findings.map(({ kind, path, detail }) => `${kind}: ${path}: ${detail}`),
    `${read}: ${findings.length} faults. backup TARGET --read-share 1 stores a damaged original again if the service still has it`,
  ];
}

const verifiedJson = ({ readObjects, readBytes, ids: _, ...rest }: Verified) => ({
  ...rest,
  read_objects: readObjects,
  read_bytes: readBytes,
});
