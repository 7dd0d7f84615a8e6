import { KEY_PREFIXES } from '../../domain/image/object-key.ts';
import { regionOf } from '../../jobs/sqs/client.ts';
import { queueNameOf } from '../../jobs/sqs/diagnosis.ts';
import { INDEXES } from '../../records/dynamodb/schema.ts';
import { bucketArn, queueArn, tableArn } from './arn.ts';
import { type Arns, ROLES, type Role, type Statement, statementsFor } from './permissions.ts';
import { nameFor } from './queue/queue-target.ts';

export interface Policy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Statement[];
}

export interface Provisioned {
  readonly s3: { readonly bucket: string; readonly region: string } | null;
  readonly dynamodb: { readonly table: string; readonly region: string } | null;
  readonly sqs: { readonly url: string; readonly region: string } | null;
  /** A process of its own does the background work. */
  readonly hasWorker: boolean;
}

/** The least rights of each role. Without a worker of its own, the API has the worker's too. */
export function policiesFor({ s3, dynamodb, sqs, hasWorker }: Provisioned): Readonly<Record<Role, Policy>> {
  const queue = (role: 'queue' | 'dead letter queue', { url, region }: NonNullable<typeof sqs>): string =>
    queueArn(nameFor(role, { name: queueNameOf(url) }), regionOf({ url, region }));
  const arns: Arns = {
    ...(s3 && bucketArns(bucketArn(s3.bucket, s3.region))),
    ...(dynamodb && tableArns(tableArn(dynamodb.table, dynamodb.region))),
    ...(sqs && { queue: [queue('queue', sqs)], 'dead letters': [queue('dead letter queue', sqs)] }),
  };
  const policy = (role: Role): Policy => ({
    Version: '2012-10-17',
    Statement: statementsFor(role === 'api' && !hasWorker ? ['api', 'worker'] : [role], arns),
  });
  return Object.fromEntries(ROLES.map((role) => [role, policy(role)])) as Record<Role, Policy>;
}

/** The ARNs of a bucket and of the objects under each prefix, derived from the bucket's ARN. */
export const bucketArns = (arn: string): Arns => ({
  bucket: [arn],
  ...Object.fromEntries(KEY_PREFIXES.map((prefix) => [prefix.slice(0, -1), [`${arn}/${prefix}*`]])),
});

/** The ARNs of a table and its indexes, derived from the table's ARN. */
export const tableArns = (arn: string): Arns => ({
  table: [arn],
  indexes: INDEXES.map(({ name }) => `${arn}/index/${name}`),
});
