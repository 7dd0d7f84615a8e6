import { AWS_VARIABLES, type AwsKeys, readKeys } from '../aws-config.ts';
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
export const readBackupKeys = (read: Read, report: Report): AwsKeys | null =>
  readKeys(
    read,
    {
      accessKeyId: BACKUP_VARIABLES.backupAccessKeyId,
      secretAccessKey: BACKUP_VARIABLES.backupSecretAccessKey,
      sessionToken: null,
    },
    report,
  );
