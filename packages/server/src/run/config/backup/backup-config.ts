import { AWS_VARIABLES, type AwsKeys } from '../aws-config.ts';
import type { Read, Report } from '../variable.ts';
import { BACKUP_VARIABLES } from './backup-variables.ts';

/** Where the bucket of a target is. */
export interface BackupConfig {
  readonly region: string;
  /** null: Amazon's of the region. */
  readonly endpoint: string | null;
  readonly caBundle: string | null;
}

export const readBackup = (read: Read): BackupConfig => ({
  region: read(BACKUP_VARIABLES.backupRegion),
  endpoint: read(BACKUP_VARIABLES.backupEndpoint),
  caBundle: read(AWS_VARIABLES.caBundle),
});

/** null: the AWS SDK's provider chain. */
export function readBackupKeys(read: Read, report: Report): AwsKeys | null {
  const accessKeyId = read(BACKUP_VARIABLES.backupAccessKeyId);
  const secretAccessKey = read(BACKUP_VARIABLES.backupSecretAccessKey);
  if (accessKeyId !== null && secretAccessKey !== null) return { accessKeyId, secretAccessKey };
  if (accessKeyId !== null || secretAccessKey !== null) {
    const { backupAccessKeyId, backupSecretAccessKey } = BACKUP_VARIABLES;
    const { name } = accessKeyId === null ? backupAccessKeyId : backupSecretAccessKey;
    report(name, 'expected a key and its secret, or neither; got one of them');
  }
  return null;
}
