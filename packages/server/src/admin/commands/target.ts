import { AppError } from '../../domain/errors.ts';
import { parseTarget, TARGET_FORM, type TargetAddress } from '../archive/place/address.ts';
import { type OpenTargetOptions, openTarget } from '../archive/place/open-target.ts';
import type { Target } from '../archive/place/target.ts';
import { type Start, WrongUsage } from './command.ts';

/** Errors: `WrongUsage`. */
export function targetIn(text: string): TargetAddress {
  const address = parseTarget(text);
  if (address) return address;
  throw new WrongUsage(`expected ${TARGET_FORM} as TARGET; got ${JSON.stringify(text)}`);
}

/**
 * Opens the target of a command; `make`: an empty place becomes one. Errors: `unavailable`, with a sentence for the
 * operator.
 */
export async function openNamedTarget(
  name: string,
  { config, secrets }: Pick<Start, 'config' | 'secrets'>,
  mode: OpenTargetOptions['mode'] = 'existing',
): Promise<Target> {
  const address = targetIn(name);
  const { backupKeys: credentials, awsKeys } = secrets;
  if (address.kind === 's3' && credentials === null && awsKeys !== null)
    throw new AppError(
      'unavailable',
      "expected BACKUP_AWS_ACCESS_KEY_ID and BACKUP_AWS_SECRET_ACCESS_KEY, a key for the target alone; got none, and the service's own key isn't used for it",
    );
  const own = { dataDir: config.dataDir, bucket: config.s3 };
  const { target, isNew } = await openTarget(address, { own, s3: { ...config.backup, credentials }, mode });
  if (isNew) console.error(`${name} was empty, and is a target of backups now`);
  return target;
}
