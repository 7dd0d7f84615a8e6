/**
 * What `npm run admin -- provision` makes of bucket, table and queue, in CloudFormation's names. The values are those
 * of the same functions. A test creates these resources in the stores of the tests, where provision then finds nothing
 * to change.
 */
import { Aws, Fn, Token } from 'aws-cdk-lib';
import type { CfnTable } from 'aws-cdk-lib/aws-dynamodb';
import type { CfnBucket } from 'aws-cdk-lib/aws-s3';
import type { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import { corsRule } from '../../../packages/server/src/admin/provision/bucket/cors.ts';
import { BUCKET_ENCRYPTION } from '../../../packages/server/src/admin/provision/bucket/encryption.ts';
import { lifecycleRules } from '../../../packages/server/src/admin/provision/bucket/lifecycle.ts';
import { eventsTo } from '../../../packages/server/src/admin/provision/bucket/notification.ts';
import { OBJECT_OWNERSHIP } from '../../../packages/server/src/admin/provision/bucket/ownership.ts';
import { redriveAllow } from '../../../packages/server/src/admin/provision/queue/redrive-allow.ts';
import { deadLetterQueueAttributes, queueAttributes } from '../../../packages/server/src/jobs/sqs/attributes.ts';
import { publicAccessBlock } from '../../../packages/server/src/object-store/s3/capabilities.ts';
import { TTL_ATTRIBUTE, tableDefinition } from '../../../packages/server/src/records/dynamodb/schema.ts';
import { VARIABLES } from '../../../packages/server/src/run/config/variables.ts';

/** Amazon's S3 lacks nothing, and the functions keep the default lifetimes. */
const STORE = {
  lacks: [],
  presignedSeconds: Number(VARIABLES.presignedSeconds.default),
  uploadPartsHours: Number(VARIABLES.uploadPartsHours.default),
};

/** The properties of every bucket: nothing in it is public, and no ACL counts. */
export function closedBucket() {
  const flags = publicAccessBlock(STORE.lacks);
  return {
    publicAccessBlockConfiguration: {
      blockPublicAcls: flags.BlockPublicAcls,
      blockPublicPolicy: flags.BlockPublicPolicy,
      ignorePublicAcls: flags.IgnorePublicAcls,
      restrictPublicBuckets: flags.RestrictPublicBuckets,
    },
    ownershipControls: { rules: [{ objectOwnership: OBJECT_OWNERSHIP }] },
  };
}

export const STORE_OWN_KEYS = BUCKET_ENCRYPTION;

/** The properties of the bucket for images. */
export function imagesBucket(options: {
  readonly origins: string[];
  readonly queueArn: string;
  readonly versioning: Versioning;
}) {
  const cors = corsRule(options.origins);
  const { Id, QueueArn, Events, Filter } = eventsTo(options.queueArn);
  return {
    corsConfiguration: {
      corsRules: [
        {
          id: cors.ID,
          allowedOrigins: cors.AllowedOrigins,
          allowedMethods: cors.AllowedMethods,
          allowedHeaders: cors.AllowedHeaders,
          exposedHeaders: cors.ExposeHeaders,
          maxAge: cors.MaxAgeSeconds,
        },
      ],
    },
    versioningConfiguration: Fn.conditionIf(
      options.versioning.isOn,
      { Status: 'Enabled' },
      Fn.conditionIf(options.versioning.isSuspended, { Status: 'Suspended' }, Aws.NO_VALUE),
    ),
    lifecycleConfiguration: { rules: lifecycleRulesBy(options.versioning) },
    notificationConfiguration: {
      queueConfigurations: Events.map((event) => ({
        id: Id,
        queue: String(QueueArn),
        event,
        filter: {
          s3Key: { rules: Filter.Key.FilterRules.map(({ Name, Value }) => ({ name: Name, value: Value })) },
        },
      })),
    },
  } satisfies Partial<CfnBucket['_cfnProperties']>;
}

/** The ids of conditions. Without either the bucket has never had versions. */
export interface Versioning {
  readonly isOn: string;
  readonly isSuspended: string;
}

function lifecycleRulesBy({ isOn }: Versioning): CfnBucket.RuleProperty[] {
  const kept = lifecycleRules({ ...STORE, keepsVersions: true });
  return lifecycleRules(STORE).map((rule, at) => {
    const days = rule.NoncurrentVersionExpiration?.NoncurrentDays;
    const keptDays = kept[at]?.NoncurrentVersionExpiration?.NoncurrentDays;
    return {
      ...inCloudFormation(rule),
      noncurrentVersionExpiration: {
        noncurrentDays: days === keptDays ? Number(days) : Token.asNumber(Fn.conditionIf(isOn, keptDays, days)),
      },
    };
  });
}

const inCloudFormation = (rule: ReturnType<typeof lifecycleRules>[number]): CfnBucket.RuleProperty => ({
  id: rule.ID,
  status: rule.Status,
  prefix: rule.Filter.Prefix,
  ...(rule.Expiration && { expirationInDays: rule.Expiration.Days }),
  ...(rule.AbortIncompleteMultipartUpload && {
    abortIncompleteMultipartUpload: { daysAfterInitiation: rule.AbortIncompleteMultipartUpload.DaysAfterInitiation },
  }),
});

/** The properties of the queue but its visibility timeout, which depends on the function that reads it. */
export function jobsQueue(deadLetterQueueArn: string) {
  const { ReceiveMessageWaitTimeSeconds, MessageRetentionPeriod, RedrivePolicy } = queueAttributes({
    deadLetterQueueArn,
  });
  return {
    receiveMessageWaitTimeSeconds: Number(ReceiveMessageWaitTimeSeconds),
    messageRetentionPeriod: Number(MessageRetentionPeriod),
    redrivePolicy: JSON.parse(RedrivePolicy) as CfnQueue['redrivePolicy'],
  };
}

/** The properties of the queue's dead letter queue. */
export const deadLetterQueue = (queueArn: string) => ({
  messageRetentionPeriod: Number(deadLetterQueueAttributes().MessageRetentionPeriod),
  redriveAllowPolicy: redriveAllow([queueArn]),
});

export function recordsTable(name: string) {
  const { KeySchema = [], AttributeDefinitions = [], GlobalSecondaryIndexes = [], BillingMode } = tableDefinition(name);
  return {
    tableName: name,
    billingMode: String(BillingMode),
    keySchema: KeySchema.map(keyOf),
    attributeDefinitions: AttributeDefinitions.map(({ AttributeName, AttributeType }) => ({
      attributeName: String(AttributeName),
      attributeType: String(AttributeType),
    })),
    globalSecondaryIndexes: GlobalSecondaryIndexes.map((index) => ({
      indexName: String(index.IndexName),
      keySchema: (index.KeySchema ?? []).map(keyOf),
      projection: { projectionType: String(index.Projection?.ProjectionType) },
    })),
    timeToLiveSpecification: { attributeName: TTL_ATTRIBUTE, enabled: true },
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtectionEnabled: true,
  };
}

const keyOf = ({
  AttributeName,
  KeyType,
}: {
  AttributeName?: string | undefined;
  KeyType?: string | undefined;
}): CfnTable.KeySchemaProperty => ({
  attributeName: String(AttributeName),
  keyType: String(KeyType),
});
