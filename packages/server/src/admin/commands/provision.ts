import { AppError } from '../../domain/errors.ts';
import { type Config, isStateless, type Secrets } from '../../run/config/config.ts';
import { databaseUrlOf } from '../../run/config/database/database-url.ts';
import { originsOf } from '../provision/bucket/cors.ts';
import { lacksSetting } from '../provision/bucket/lacked.ts';
import { provisionBucket } from '../provision/bucket/provision-bucket.ts';
import { provisionDatabase } from '../provision/database/provision-database.ts';
import type { Mode } from '../provision/make-right.ts';
import { policiesFor } from '../provision/policies.ts';
import { provisionQueue } from '../provision/queue/provision-queue.ts';
import { report } from '../provision/report.ts';
import { backfillReport, createProgress } from '../provision/table/backfill-report.ts';
import { backfillTable } from '../provision/table/backfill-table.ts';
import { provisionTable } from '../provision/table/provision-table.ts';
import { type Command, FLAG, type Given, type Start, TEXT } from './command.ts';

const ABOUT = `Makes the bucket of S3_BUCKET, the database of DATABASE_URL, the table of DYNAMO_TABLE and the queue of SQS_QUEUE_URL what they should be, and says what to set for the service. Run it as often as you like.

  --dry-run   prints what would be changed, and changes nothing
  --role NAME the service has this role in the database, and DATABASE_URL that of the owner: it gets the rights that it needs
  --policies  instead prints the IAM policies of the API and of a worker of its own, as JSON
  --backfill  instead writes what the images of the table lack to be found, as after GLOBAL_LISTS was switched on`;

export const PROVISION: Command = {
  usage: '[--role NAME] [--dry-run] | --policies | --backfill [--dry-run]',
  about: ABOUT,
  otherwise: {
    options: { 'dry-run': FLAG, role: TEXT, policies: FLAG, backfill: FLAG },
    positionals: [],
    prepare:
      ({ values }) =>
      (start) =>
        provision(start, values),
  },
};

async function provision(start: Start, flags: Given['values']): Promise<void> {
  const { config, secrets } = start;
  const mode = flags['dry-run'] ? 'dry-run' : 'apply';
  if (flags['backfill']) return completeFacets(config, secrets, mode);

  const { s3, dynamodb, postgres, sqs } = config;
  const usesAws = s3 !== null || dynamodb !== null || sqs !== null;
  if (!usesAws && postgres === null) {
    const detail = 'Nothing to provision: set S3_BUCKET, DATABASE_URL, DYNAMO_TABLE or SQS_QUEUE_URL';
    throw new AppError('unavailable', detail);
  }
  const role = typeof flags['role'] === 'string' ? flags['role'] : null;
  if (role !== null && postgres === null)
    throw new AppError('unavailable', 'expected DATABASE_URL with --role; got none');
  if (flags['policies']) {
    const policies = policiesFor({ s3, dynamodb, sqs, hasWorker: isStateless(config) });
    return console.log(JSON.stringify(policies, null, 2));
  }

  const setting = await makeAllRight(start, role, mode);
  const but = role === null ? 'and nothing else' : `but DATABASE_URL with the role ${role}`;
  console.log(
    setting === undefined
      ? `\nFor the service set the variables that this command had, ${but}.`
      : `\nThis store lacks more than its profile lists. For the service set this line instead of S3_PROFILE:\n${setting}`,
  );
  if (usesAws) console.log('The IAM policies of API and worker: npm run admin -- provision --policies');
}

/**
 * The queue first: a bucket can only send events to a queue that accepts them. Returns a setting for the service, if it
 * needs another one.
 */
async function makeAllRight(start: Start, role: string | null, mode: Mode): Promise<string | undefined> {
  const { config, secrets, observe } = start;
  const { awsKeys } = secrets;
  let setting: string | undefined;
  const { s3, dynamodb, postgres, sqs, presignedSeconds, uploadPartsHours } = config;
  const queue = sqs && (await provisionQueue({ sqs, bucket: s3, awsKeys, mode }));
  if (sqs && queue) {
    console.log(
      `The queue ${queue.name} at ${sqs.endpoint ?? new URL(sqs.url).origin}\n${report(queue.outcomes, mode)}`,
    );
  }
  if (queue && s3) console.log();
  if (s3) {
    const { outcomes, lacked } = await provisionBucket({
      s3,
      awsKeys,
      origins: originsOf(config),
      presignedSeconds,
      uploadPartsHours,
      queue,
      mode,
    });
    console.log(`The bucket ${s3.bucket} at ${s3.endpoint ?? `Amazon S3 in ${s3.region}`}\n${report(outcomes, mode)}`);
    if (lacked.length > 0) setting = lacksSetting(s3.lacks, lacked);
  }
  if ((queue || s3) && (dynamodb || postgres)) console.log();
  if (postgres) {
    const url = await databaseUrlOf(secrets, observe);
    const { name, at, outcomes } = await provisionDatabase({ url, postgres, role, mode });
    console.log(`The database ${name} at ${at}\n${report(outcomes, mode)}`);
  }
  if (dynamodb) {
    const outcomes = await provisionTable({ dynamodb, awsKeys, mode });
    console.log(`${tableLine(dynamodb)}\n${report(outcomes, mode)}`);
  }
  return setting;
}

async function completeFacets({ dynamodb }: Config, { awsKeys }: Secrets, mode: Mode): Promise<void> {
  if (dynamodb === null) throw new AppError('unavailable', 'Nothing to backfill: set DYNAMO_TABLE');
  console.log(tableLine(dynamodb));
  const onProgress = createProgress((line) => console.log(line));
  console.log(backfillReport(await backfillTable({ dynamodb, awsKeys, mode, onProgress }), mode));
  if (!dynamodb.globalLists) console.log('GLOBAL_LISTS is off: lists over all owners are unchanged.');
}

const tableLine = ({ table, endpoint, region }: NonNullable<Config['dynamodb']>): string =>
  `The table ${table} at ${endpoint ?? `Amazon DynamoDB in ${region}`}`;
