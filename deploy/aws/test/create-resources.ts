/** Creates the data template's resources in other stores, as CloudFormation does in Amazon's. */
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  type DynamoDBClient,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import {
  CreateBucketCommand,
  PutBucketCorsCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Template } from '../../../test/servers/cloudformation.ts';

// biome-ignore lint/suspicious/noExplicitAny: a template is JSON of any form
type Properties = any;
const propertiesOf = ({ Resources }: Template, id: string): Properties => Resources[id]?.Properties;

export async function createBucketOf(template: Template, client: S3Client): Promise<void> {
  const {
    BucketName: Bucket,
    PublicAccessBlockConfiguration,
    OwnershipControls,
    BucketEncryption,
    CorsConfiguration,
    NotificationConfiguration,
  } = propertiesOf(template, 'Bucket');
  await client.send(new CreateBucketCommand({ Bucket }));
  await client.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
  await client.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }));
  const [{ ServerSideEncryptionByDefault: ApplyServerSideEncryptionByDefault }] =
    BucketEncryption.ServerSideEncryptionConfiguration;
  const ServerSideEncryptionConfiguration = { Rules: [{ ApplyServerSideEncryptionByDefault }] };
  await client.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration }));
  const CORSRules = CorsConfiguration.CorsRules.map(
    ({ Id: ID, MaxAge: MaxAgeSeconds, ExposedHeaders: ExposeHeaders, ...rule }: Properties) => ({
      ...rule,
      ID,
      MaxAgeSeconds,
      ExposeHeaders,
    }),
  );
  await client.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
  await putLifecycleOf(template, client);
  const QueueConfigurations = NotificationConfiguration.QueueConfigurations.map(
    ({ Id, Event, Queue: QueueArn, Filter }: Properties) => ({
      Id,
      Events: [Event],
      QueueArn,
      Filter: { Key: { FilterRules: Filter.S3Key.Rules } },
    }),
  );
  await client.send(
    new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration: { QueueConfigurations } }),
  );
  const Policy = JSON.stringify(propertiesOf(template, 'BucketPolicy').PolicyDocument);
  await client.send(new PutBucketPolicyCommand({ Bucket, Policy }));
}

export async function putLifecycleOf(template: Template, client: S3Client): Promise<void> {
  const { BucketName: Bucket, LifecycleConfiguration } = propertiesOf(template, 'Bucket');
  const Rules = LifecycleConfiguration.Rules.map(({ Id: ID, Prefix, ExpirationInDays: Days, ...rule }: Properties) => ({
    ...rule,
    ID,
    Filter: { Prefix },
    ...(Days !== undefined && { Expiration: { Days } }),
  }));
  await client.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
}

export async function createTableOf(template: Template, client: DynamoDBClient): Promise<void> {
  const {
    TimeToLiveSpecification: { AttributeName, Enabled },
    PointInTimeRecoverySpecification: _,
    ...definition
  } = propertiesOf(template, 'Table');
  await client.send(new CreateTableCommand(definition as CreateTableCommandInput));
  const TimeToLiveSpecification = { AttributeName, Enabled };
  await client.send(new UpdateTimeToLiveCommand({ TableName: definition.TableName, TimeToLiveSpecification }));
}

/** The template's ids, with the queue that others name last. */
export const QUEUES = ['DeadLetters', 'Queue'] as const;

/** `attributes`: of template's resources, which get those of the queues. */
export async function createQueuesOf(
  template: () => Template,
  client: SQSClient,
  attributes: Record<string, string>,
): Promise<void> {
  for (const id of QUEUES) {
    const { QueueName, ...rest } = propertiesOf(template(), id);
    const textOf = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));
    const Attributes = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, textOf(value)]));
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName, Attributes }));
    const { Attributes: given = {} } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
    );
    attributes[`${id}.Arn`] = given.QueueArn ?? '';
    const Policy = JSON.stringify(propertiesOf(template(), `${id}Policy`).PolicyDocument);
    await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
  }
}
