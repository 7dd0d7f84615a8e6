import type { Place } from '../../../packages/server/src/admin/provision/permissions.ts';
import { KEY_PREFIXES } from '../../../packages/server/src/domain/image/object-key.ts';

/** A right: an action, and what it is used on. */
export interface Need {
  readonly action: string;
  readonly on: Place;
}

/**
 * The actions of S3's operations on a bucket and on an object: "Required permissions for Amazon S3 API operations", in
 * S3's user guide. The operations that copy or delete are below.
 */
const OF_BUCKET: Readonly<Record<string, string>> = {
  CreateBucket: 's3:CreateBucket',
  GetBucketCors: 's3:GetBucketCORS',
  GetBucketEncryption: 's3:GetEncryptionConfiguration',
  GetBucketLifecycleConfiguration: 's3:GetLifecycleConfiguration',
  GetBucketNotificationConfiguration: 's3:GetBucketNotification',
  GetBucketOwnershipControls: 's3:GetBucketOwnershipControls',
  GetBucketPolicy: 's3:GetBucketPolicy',
  GetBucketVersioning: 's3:GetBucketVersioning',
  GetPublicAccessBlock: 's3:GetBucketPublicAccessBlock',
  HeadBucket: 's3:ListBucket',
  ListMultipartUploads: 's3:ListBucketMultipartUploads',
  ListObjectVersions: 's3:ListBucketVersions',
  ListObjectsV2: 's3:ListBucket',
  PutBucketCors: 's3:PutBucketCORS',
  PutBucketEncryption: 's3:PutEncryptionConfiguration',
  PutBucketLifecycleConfiguration: 's3:PutLifecycleConfiguration',
  PutBucketNotificationConfiguration: 's3:PutBucketNotification',
  PutBucketOwnershipControls: 's3:PutBucketOwnershipControls',
  PutBucketPolicy: 's3:PutBucketPolicy',
  PutPublicAccessBlock: 's3:PutBucketPublicAccessBlock',
};

/**
 * Permissions for requests about objects; and what a part of the request needs besides, for each operation that may
 * have it.
 */
const OF_OBJECT: Readonly<Record<string, string>> = {
  AbortMultipartUpload: 's3:AbortMultipartUpload',
  CompleteMultipartUpload: 's3:PutObject',
  CreateMultipartUpload: 's3:PutObject',
  GetObject: 's3:GetObject',
  HeadObject: 's3:GetObject',
  ListParts: 's3:ListMultipartUploadParts',
  PutObject: 's3:PutObject',
  UploadPart: 's3:PutObject',
};
const BY_PART: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  GetObject: { VersionId: 's3:GetObjectVersion' },
  HeadObject: { VersionId: 's3:GetObjectVersion' },
  PutObject: { Tagging: 's3:PutObjectTagging', ACL: 's3:PutObjectAcl' },
  // Also to say that the copy has no tags. The stores of the tests don't ask for it.
  CopyObject: { TaggingDirective: 's3:PutObjectTagging', Tagging: 's3:PutObjectTagging', ACL: 's3:PutObjectAcl' },
};

/**
 * DynamoDB's operations have actions of the same name; a transaction's are those of its parts ("Using IAM with DynamoDB
 * transactions").
 */
const OF_PART: Readonly<Record<string, string>> = {
  Put: 'dynamodb:PutItem',
  Update: 'dynamodb:UpdateItem',
  Delete: 'dynamodb:DeleteItem',
  ConditionCheck: 'dynamodb:ConditionCheckItem',
};
const TABLE_OPERATIONS = [
  'BatchGetItem',
  'CreateTable',
  'DeleteItem',
  'DescribeContinuousBackups',
  'DescribeTable',
  'DescribeTimeToLive',
  'GetItem',
  'PutItem',
  'Query',
  'Scan',
  'UpdateContinuousBackups',
  'UpdateItem',
  'UpdateTable',
  'UpdateTimeToLive',
];

/** SQS's too ("Actions, resources, and condition keys for Amazon SQS"). */
const QUEUE_OPERATIONS = [
  'ChangeMessageVisibility',
  'CreateQueue',
  'DeleteMessage',
  'GetQueueAttributes',
  'GetQueueUrl',
  'ReceiveMessage',
  'SendMessage',
  'SetQueueAttributes',
];

/** What a command needs; `kind`: as of `kindsOf`. Errors: for a kind that this map doesn't know. */
export function needsOf(kind: string): Need[] {
  const [service, operation = '', ...rest] = kind.split(' ');
  const needs = OF_SERVICE[String(service)]?.(operation, rest);
  if (needs !== undefined) return needs;
  throw new Error(`expected a command that test/servers/aws-commands/needs.ts knows; got ${kind}`);
}

const OF_SERVICE: Readonly<Record<string, (operation: string, rest: readonly string[]) => Need[] | undefined>> = {
  S3: ofS3,
  DynamoDB: ofDynamodb,
  SQS: ofSqs,
};

function ofS3(operation: string, rest: readonly string[]): Need[] | undefined {
  if (operation === 'CopyObject') {
    const [source, , target, ...parts] = rest;
    const from = ['s3:GetObject', ...(rest.includes('source') ? ['s3:GetObjectVersion'] : [])];
    return [...on(source, from), ...on(target, ['s3:PutObject', ...(partsOf(operation, parts) ?? [])])];
  }
  if (operation === 'DeleteObjects') {
    const [at, ...parts] = rest;
    return on(at, [parts.includes('VersionId') ? 's3:DeleteObjectVersion' : 's3:DeleteObject']);
  }
  const ofObject = OF_OBJECT[operation];
  if (ofObject !== undefined) {
    const [at, ...parts] = rest;
    return on(at, [ofObject, ...partsOf(operation, parts)]);
  }
  const action = OF_BUCKET[operation];
  return action === undefined || rest.length > 0 ? undefined : [{ action, on: 'bucket' }];
}

function partsOf(operation: string, parts: readonly string[]): string[] {
  return parts
    .filter((part) => part !== 'source' && !(part === 'VersionId' && operation === 'CopyObject'))
    .map((part) => {
      const action = BY_PART[operation]?.[part];
      if (action !== undefined) return action;
      throw new Error(`expected a part of ${operation} that test/servers/aws-commands/needs.ts knows; got ${part}`);
    });
}

/** `incoming/` and the others; tests of the stores use keys of their own, for which no role has rights. */
function on(prefix: string | undefined, actions: readonly string[]): Need[] {
  const place = KEY_PREFIXES.find((one) => one === prefix);
  return place === undefined ? [] : actions.map((action) => ({ action, on: place.slice(0, -1) as Place }));
}

function ofDynamodb(operation: string, [detail]: readonly string[]): Need[] | undefined {
  if (operation === 'TransactWriteItems') {
    const action = OF_PART[detail ?? ''];
    return action === undefined ? undefined : [{ action, on: 'table' }];
  }
  if (!TABLE_OPERATIONS.includes(operation)) return undefined;
  return [{ action: `dynamodb:${operation}`, on: detail === undefined ? 'table' : 'indexes' }];
}

function ofSqs(operation: string, rest: readonly string[]): Need[] | undefined {
  if (!QUEUE_OPERATIONS.includes(operation)) return undefined;
  return [{ action: `sqs:${operation}`, on: rest.join(' ') === 'queue' ? 'queue' : 'dead letters' }];
}
