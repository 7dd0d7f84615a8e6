import { INCOMING_PREFIX, KEY_PREFIXES } from '../domain/image/object-key.ts';
import { regionOf } from '../job-queue/sqs/client.ts';
import { queueNameOf } from '../job-queue/sqs/diagnosis.ts';
import { bucketArn, queueArn, tableArn } from './arn.ts';
import { nameFor, type Role } from './queue/queue-target.ts';

export interface Policy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Statement[];
}

interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
}

export interface Provisioned {
  readonly s3: { readonly bucket: string; readonly region: string } | null;
  readonly dynamodb: { readonly table: string; readonly region: string } | null;
  readonly sqs: { readonly url: string; readonly region: string } | null;
}

/**
 * The minimal rights of the API and of a separate worker. A URL has its signer's rights, so only the API may let clients
 * write.
 */
export function policiesFor({ s3, dynamodb, sqs }: Provisioned): { readonly api: Policy; readonly worker: Policy } {
  const policy = (written: readonly string[], ofQueue: readonly Statement[]): Policy => ({
    Version: '2012-10-17',
    Statement: [
      ...(s3 ? bucketStatements(s3, written) : []),
      ...(dynamodb ? tableStatements(dynamodb) : []),
      ...ofQueue,
    ],
  });
  const [send, work] = sqs ? [sendStatements(sqs), workStatements(sqs)] : [[], []];
  const hasWorker = s3 !== null && dynamodb !== null; // otherwise the API is the worker, too
  return {
    api: policy(KEY_PREFIXES, hasWorker ? send : [...send, ...work]),
    worker: policy(
      KEY_PREFIXES.filter((prefix) => prefix !== INCOMING_PREFIX),
      work,
    ),
  };
}

function bucketStatements({ bucket, region }: NonNullable<Provisioned['s3']>, written: readonly string[]): Statement[] {
  const arn = bucketArn(bucket, region);
  const objects = (prefixes: readonly string[]) => prefixes.map((prefix) => `${arn}/${prefix}*`);
  return [
    {
      Sid: 'Bucket',
      Effect: 'Allow',
      // Without s3:ListBucket a missing object is a 403.
      Action: [
        's3:ListBucket',
        's3:ListBucketVersions',
        's3:GetBucketVersioning',
        's3:GetBucketPublicAccessBlock',
        's3:GetLifecycleConfiguration',
      ],
      Resource: [arn],
    },
    {
      Sid: 'ReadAndDelete',
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:DeleteObject', 's3:DeleteObjectVersion'],
      Resource: objects(KEY_PREFIXES),
    },
    { Sid: 'Write', Effect: 'Allow', Action: ['s3:PutObject'], Resource: objects(written) },
  ];
}

function tableStatements({ table, region }: NonNullable<Provisioned['dynamodb']>): Statement[] {
  const arn = tableArn(table, region);
  return [
    {
      Sid: 'Table',
      Effect: 'Allow',
      // A transaction needs the actions of its parts.
      Action: [
        'dynamodb:DescribeTable',
        'dynamodb:GetItem',
        'dynamodb:BatchGetItem',
        'dynamodb:PutItem',
        'dynamodb:UpdateItem',
        'dynamodb:DeleteItem',
        'dynamodb:ConditionCheckItem',
      ],
      Resource: [arn],
    },
    { Sid: 'Lists', Effect: 'Allow', Action: ['dynamodb:Query'], Resource: [arn, `${arn}/index/*`] },
  ];
}

type Queue = NonNullable<Provisioned['sqs']>;

const arnOf = (queue: Queue, role: Role): string =>
  queueArn(nameFor(role, { name: queueNameOf(queue.url) }), regionOf(queue));

const sendStatements = (queue: Queue): Statement[] => [
  {
    Sid: 'Send',
    Effect: 'Allow',
    Action: ['sqs:SendMessage', 'sqs:GetQueueAttributes'],
    Resource: [arnOf(queue, 'queue')],
  },
];

const workStatements = (queue: Queue): Statement[] => [
  {
    Sid: 'Work',
    Effect: 'Allow',
    Action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'],
    Resource: [arnOf(queue, 'queue')],
  },
  { Sid: 'DeadLetters', Effect: 'Allow', Action: ['sqs:SendMessage'], Resource: [arnOf(queue, 'dead letter queue')] },
];
