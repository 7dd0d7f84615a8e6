/** Who uses AWS: docs/aws-permissions.md says who they are. */
export const ROLES = ['api', 'worker', 'operator', 'backup', 'provision'] as const;
export type Role = (typeof ROLES)[number];

/** Parts of the stores that a policy can name. */
export type Place =
  | 'bucket'
  | 'incoming'
  | 'images'
  | 'renditions'
  | 'table'
  | 'indexes'
  | 'queue'
  | 'dead letters'
  | 'key'
  | 'log'
  | 'network';

export interface Permission {
  /** The id of the policy's statement. It appears once in a policy. */
  readonly sid: string;
  readonly roles: readonly Role[];
  readonly on: readonly Place[];
  readonly actions: readonly string[];
  /** Why, for actions that no command of the SDK names. */
  readonly why?: string;
}

const SERVICE: readonly Role[] = ['api', 'worker'];

/** What a process asks of its bucket when it starts. Without s3:ListBucket a missing object is a 403. */
const OPENS_BUCKET: readonly string[] = [
  's3:ListBucket',
  's3:ListBucketVersions',
  's3:GetBucketVersioning',
  's3:GetBucketPublicAccessBlock',
  's3:GetLifecycleConfiguration',
];

/**
 * The only list of what each role may do: of `npm run admin -- provision --policies`, of the templates in deploy/aws,
 * and of docs/aws-permissions.md. A test compares it with the commands that the tests saw each role send.
 */
export const PERMISSIONS: readonly Permission[] = [
  {
    sid: 'Bucket',
    roles: SERVICE,
    on: ['bucket'],
    actions: OPENS_BUCKET,
  },
  {
    sid: 'ReadAndDelete',
    roles: SERVICE,
    on: ['incoming', 'images', 'renditions'],
    actions: ['s3:GetObject', 's3:DeleteObject'],
  },
  {
    sid: 'DeleteVersions',
    roles: SERVICE,
    on: ['incoming', 'images', 'renditions'],
    actions: ['s3:DeleteObjectVersion'],
    why: 'In a versioned bucket each delete names every version; on the same keys as s3:DeleteObject.',
  },
  { sid: 'Write', roles: SERVICE, on: ['images', 'renditions'], actions: ['s3:PutObject'] },
  {
    sid: 'DropTags', // each copy says that it has no tags
    roles: SERVICE,
    on: ['images'],
    actions: ['s3:PutObjectTagging'],
  },
  {
    sid: 'TakeUploads',
    roles: SERVICE,
    on: ['incoming'],
    actions: ['s3:PutObject'],
    why: 'A presigned URL has the rights of its signer, the API; and both put uploads together that arrive in parts.',
  },
  {
    sid: 'ListParts',
    roles: SERVICE,
    on: ['incoming'],
    actions: ['s3:ListMultipartUploadParts'],
    why: 'The sizes of the parts are compared before they become an upload.',
  },
  {
    sid: 'EndParts',
    roles: [...SERVICE, 'operator'],
    on: ['incoming', 'renditions'],
    actions: ['s3:AbortMultipartUpload'],
    why: 'Uploads in parts that are abandoned, or whose owner is deleted, and failed exports of more than 16 MB.',
  },
  {
    sid: 'FindParts',
    roles: [...SERVICE, 'operator'],
    on: ['bucket'],
    actions: ['s3:ListBucketMultipartUploads'],
    why: 'The deletion of a user also ends the uploads in parts that are unfinished.',
  },
  {
    sid: 'Table',
    roles: SERVICE,
    on: ['table'],
    actions: [
      'dynamodb:DescribeTable',
      'dynamodb:GetItem',
      'dynamodb:BatchGetItem',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
    ],
  },
  {
    sid: 'Transactions',
    roles: [...SERVICE, 'operator'],
    on: ['table'],
    actions: ['dynamodb:DeleteItem', 'dynamodb:ConditionCheckItem'],
    why: 'A transaction needs the actions of its parts. These parts are rare: they put right lists and usage. With `EVENTS=on`, events that are published leave the outbox.',
  },
  { sid: 'Lists', roles: SERVICE, on: ['table', 'indexes'], actions: ['dynamodb:Query'] },
  { sid: 'Send', roles: ['api'], on: ['queue'], actions: ['sqs:SendMessage', 'sqs:GetQueueAttributes'] },
  {
    sid: 'Work',
    roles: ['worker'],
    on: ['queue'],
    // It also sends: the presets of what it has published.
    actions: [
      'sqs:SendMessage',
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      'sqs:ChangeMessageVisibility',
      'sqs:GetQueueAttributes',
    ],
  },
  {
    sid: 'DeadLetters',
    roles: ['worker'],
    on: ['dead letters'],
    // It counts them once a minute.
    actions: ['sqs:SendMessage', 'sqs:GetQueueAttributes'],
  },
  {
    sid: 'ReadSettings',
    roles: ['operator'],
    on: ['table'],
    actions: [
      'dynamodb:DescribeTable',
      'dynamodb:GetItem',
      'dynamodb:BatchGetItem',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
    ],
  },
  { sid: 'ListKeys', roles: ['operator'], on: ['indexes'], actions: ['dynamodb:Query'] },
  {
    sid: 'ReadAll',
    roles: ['operator'],
    on: ['table'],
    actions: ['dynamodb:Scan'],
    why: 'user and a backup by hand read the whole table.',
  },
  {
    sid: 'ReadErasures',
    roles: ['operator'],
    on: ['table'],
    actions: ['dynamodb:Query'],
    why: 'restore and user read erasures and deletions, which are in one partition.',
  },
  {
    sid: 'OpenBucket',
    roles: ['operator'],
    on: ['bucket'],
    actions: OPENS_BUCKET,
    why: 'backup, restore, reconcile and user open the bucket as the service does.',
  },
  {
    sid: 'ReadAndRemoveObjects',
    roles: ['operator'],
    on: ['incoming', 'images', 'renditions'],
    actions: ['s3:GetObject', 's3:DeleteObject', 's3:DeleteObjectVersion'],
    why: 'backup and user export read originals; reconcile and user remove objects, with all versions.',
  },
  {
    sid: 'Restore',
    roles: ['operator'],
    on: ['images'],
    actions: ['s3:PutObject'],
    why: 'restore stores originals; unnecessary without restores.',
  },
  {
    sid: 'Export',
    roles: ['operator'],
    on: ['renditions'],
    actions: ['s3:PutObject'],
    why: 'user carry-out stores exports there.',
  },
  {
    sid: 'BackUp',
    roles: ['backup'],
    on: ['table'],
    actions: [
      'dynamodb:DescribeTable',
      'dynamodb:GetItem',
      'dynamodb:Query',
      'dynamodb:Scan',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
    ],
    why: 'It reads every record, and writes its end for the metric of its age.',
  },
  {
    sid: 'BackUpObjects',
    roles: ['backup'],
    on: ['images'],
    actions: ['s3:GetObject'],
    why: 'It reads originals, and changes none.',
  },
  {
    sid: 'BackUpBucket',
    roles: ['backup'],
    on: ['bucket'],
    actions: OPENS_BUCKET,
    why: 'backup opens the bucket as the service does.',
  },
  {
    sid: 'SetUpBucket',
    roles: ['provision'],
    on: ['bucket'],
    actions: [
      's3:CreateBucket',
      's3:ListBucket',
      's3:GetBucketPublicAccessBlock',
      's3:PutBucketPublicAccessBlock',
      's3:GetBucketOwnershipControls',
      's3:PutBucketOwnershipControls',
      's3:GetEncryptionConfiguration',
      's3:PutEncryptionConfiguration',
      's3:GetBucketPolicy',
      's3:PutBucketPolicy',
      's3:GetBucketCORS',
      's3:PutBucketCORS',
      's3:GetLifecycleConfiguration',
      's3:PutLifecycleConfiguration',
      's3:GetBucketNotification',
      's3:PutBucketNotification',
    ],
  },
  {
    sid: 'SetUpTable',
    roles: ['provision'],
    on: ['table'],
    actions: [
      'dynamodb:CreateTable',
      'dynamodb:DescribeTable',
      'dynamodb:UpdateTable',
      'dynamodb:DescribeTimeToLive',
      'dynamodb:UpdateTimeToLive',
      'dynamodb:DescribeContinuousBackups',
      'dynamodb:UpdateContinuousBackups',
    ],
  },
  {
    sid: 'SetUpQueues',
    roles: ['provision'],
    on: ['queue', 'dead letters'],
    actions: ['sqs:CreateQueue', 'sqs:GetQueueUrl', 'sqs:GetQueueAttributes', 'sqs:SetQueueAttributes'],
  },
  {
    sid: 'Key',
    roles: [...SERVICE, 'operator', 'backup'],
    on: ['key'],
    actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
    why: "With a customer's key, S3 and SQS use it with the rights of whoever asks them.",
  },
  {
    sid: 'Log',
    roles: SERVICE,
    on: ['log'],
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    why: 'Lambda writes the log of a function with the rights of its role.',
  },
  {
    sid: 'Network',
    roles: SERVICE,
    on: ['network'],
    actions: [
      'ec2:CreateNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:DeleteNetworkInterface',
      'ec2:AssignPrivateIpAddresses',
      'ec2:UnassignPrivateIpAddresses',
    ],
    why: 'Lambda connects functions to subnets with the rights of their role, on all resources. The template permits it with subnets only, and denies it to the code of functions.',
  },
];

/** ARNs, also as references of a template. A place without any gets no statement. */
export type Arns = Partial<Readonly<Record<Place, readonly string[]>>>;

export interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
}

/** The statements of a policy for `roles` together: the API is the worker, too, if no other process is. */
export function statementsFor(
  roles: readonly Role[],
  arns: Arns,
  permissions: readonly Permission[] = PERMISSIONS,
): Statement[] {
  return permissions
    .filter((one) => one.roles.some((role) => roles.includes(role)))
    .map(({ sid, on, actions }) => ({
      Sid: sid,
      Effect: 'Allow' as const,
      Action: actions,
      Resource: on.flatMap((place) => arns[place] ?? []),
    }))
    .filter(({ Resource }) => Resource.length > 0);
}
