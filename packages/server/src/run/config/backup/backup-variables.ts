import { expected, optionalOrigin, optionalText, variable } from '../variable.ts';

/** Variables of `npm run admin -- backup` and `restore` with a bucket as the target. No other program reads them. */
export const BACKUP_VARIABLES = {
  backupEndpoint: variable({
    name: 'BACKUP_S3_ENDPOINT',
    group: 'backup',
    default: '',
    about: 'The address of the store of a target `s3://BUCKET/PREFIX`. Unset: Amazon S3 in the region.',
    parse: optionalOrigin('https://s3.example.org'),
  }),
  backupRegion: variable({
    name: 'BACKUP_S3_REGION',
    group: 'backup',
    default: 'us-east-1',
    about: "The region of the target's bucket.",
    parse: (given) => (/^[a-z0-9-]+$/.test(given) ? given : expected('a region, as eu-central-1')),
  }),
  backupAccessKeyId: variable({
    name: 'BACKUP_AWS_ACCESS_KEY_ID',
    group: 'backup',
    default: '',
    about:
      "The access key for the target, which is never the service's own: who has that key could remove images and backups. Unset: the AWS SDK's provider chain, if the service has no key in AWS_ACCESS_KEY_ID.",
    parse: optionalText,
  }),
  backupSecretAccessKey: variable({
    name: 'BACKUP_AWS_SECRET_ACCESS_KEY',
    group: 'backup',
    default: '',
    about: 'The secret of that access key.',
    isSecret: true,
    parse: optionalText,
  }),
} as const;
