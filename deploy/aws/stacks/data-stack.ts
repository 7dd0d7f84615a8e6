import { type App, Aws, CfnCondition, CfnDeletionPolicy, CfnOutput, CfnResource, Fn, Stack } from 'aws-cdk-lib';
import { CfnTable } from 'aws-cdk-lib/aws-dynamodb';
import { CfnBucket, CfnBucketPolicy, type CfnBucketProps } from 'aws-cdk-lib/aws-s3';
import { CfnQueue, CfnQueuePolicy } from 'aws-cdk-lib/aws-sqs';
import { tlsOnly } from '../../../packages/server/src/admin/provision/bucket/tls-only.ts';
import { eventsFrom } from '../../../packages/server/src/admin/provision/queue/events.ts';
import { type Names, namesAfter } from '../names.ts';
import { VISIBILITY_SECONDS } from '../settings.ts';
import { acknowledge } from './acknowledge.ts';
import { encryptionBy } from './encryption.ts';
import { bucketName, corsOrigins, isGiven, kmsKeyArn, parameter, publicUrl } from './parameters.ts';
import {
  closedBucket,
  deadLetterQueue,
  imagesBucket,
  jobsQueue,
  recordsTable,
  type Versioning,
} from './provisioned.ts';
import { stackProps } from './stack-props.ts';

const VERSION = '2012-10-17';

/**
 * What outlives the service: bucket, table and queue as `npm run admin -- provision` makes them, and a bucket for its
 * code.
 */
export class DataStack extends Stack {
  readonly #names: Names;

  constructor(app: App, id: string) {
    super(app, id, {
      ...stackProps(),
      description:
        'Safelight, the data: bucket, table and queue, and a bucket for the code. Kept if the stack is deleted.',
    });
    const bucket = bucketName(this);
    const url = publicUrl(this);
    const more = corsOrigins(this);
    const key = kmsKeyArn(this);
    const hasMore = isGiven(this, 'HasCorsOrigins', more);
    const origins = Fn.split(',', Fn.conditionIf(hasMore, `${url},${more}`, url).toString());
    this.#names = namesAfter(bucket);
    const encryption = encryptionBy(this, key);
    const queues = this.#queues(encryption.ofQueue);
    const images = this.#bucket('Bucket', this.#names.bucket, {
      ...encryption.ofBucket,
      ...imagesBucket({ origins, queueArn: queues.queue.attrArn, versioning: versioningBy(this) }),
    });
    images.addResourceDependency(queues.policy); // S3 sends a test message, and refuses a queue that doesn't accept it
    const code = this.#bucket('CodeBucket', this.#names.codeBucket, encryption.ofBucket);
    const others = this.node.children.filter((one) => CfnResource.isCfnResource(one));
    const table = this.#kept(new CfnTable(this, 'Table', recordsTable(this.#names.table)));
    // A creation that fails deletes what it made, but can't delete the table, which is protected: so the table comes
    // last.
    for (const one of others) table.addResourceDependency(one);

    acknowledge(images, 'AwsSolutions-S1', 'Access logs would contain the signatures of presigned URLs.');
    acknowledge(code, 'AwsSolutions-S1', 'Only deployments use it, and CloudTrail can record them.');
    new CfnOutput(this, 'QueueUrl', { value: queues.queue.ref });
    new CfnOutput(this, 'TableName', { value: table.ref });
    new CfnOutput(this, 'CodeBucketName', { value: code.ref });
  }

  #queues(encryption: ReturnType<typeof encryptionBy>['ofQueue']) {
    const names = this.#names;
    const deadLetters = this.#kept(
      new CfnQueue(this, 'DeadLetters', {
        queueName: names.deadLetterQueue,
        ...deadLetterQueue(this.formatArn({ service: 'sqs', resource: names.queue })),
        ...encryption,
      }),
    );
    const queue = this.#kept(
      new CfnQueue(this, 'Queue', {
        queueName: names.queue,
        visibilityTimeout: VISIBILITY_SECONDS,
        ...jobsQueue(deadLetters.attrArn),
        ...encryption,
      }),
    );
    const events = eventsFrom({
      bucketArn: bucketArn(names.bucket),
      queueArn: queue.attrArn,
      account: Aws.ACCOUNT_ID,
    });
    const policyOf = (id: string, { ref, attrArn }: CfnQueue, ...statements: readonly object[]): CfnQueuePolicy =>
      this.#kept(
        new CfnQueuePolicy(this, id, {
          queues: [ref],
          policyDocument: { Version: VERSION, Statement: [tlsOnlyQueue(attrArn), ...statements] },
        }),
      );
    policyOf('DeadLettersPolicy', deadLetters);
    return { queue, policy: policyOf('QueuePolicy', queue, events) };
  }

  #bucket(id: string, name: string, props: Partial<CfnBucketProps>): CfnBucket {
    const bucket = this.#kept(new CfnBucket(this, id, { bucketName: name, ...closedBucket(), ...props }));
    const policyDocument = { Version: VERSION, Statement: [tlsOnly(bucket.attrArn)] };
    this.#kept(new CfnBucketPolicy(this, `${id}Policy`, { bucket: bucket.ref, policyDocument }));
    return bucket;
  }

  /** If the stack is deleted or replaces it. A creation that fails leaves nothing behind that the next one meets. */
  #kept<Resource extends CfnResource>(resource: Resource): Resource {
    resource.cfnOptions.deletionPolicy = CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE;
    resource.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
    return resource;
  }
}

/** A bucket that once had versions can't go back to none. */
function versioningBy(stack: Stack): Versioning {
  const given = parameter(stack, 'Versioning', {
    description:
      'on: former versions of originals stay for 30 days after a deletion or overwriting that names no version. To switch it off again: suspended.',
    default: 'off',
    allowedValues: ['off', 'on', 'suspended'],
  });
  const is = (id: string, value: string) =>
    new CfnCondition(stack, id, { expression: Fn.conditionEquals(given, value) }).logicalId;
  return { isOn: is('HasVersions', 'on'), isSuspended: is('SuspendsVersions', 'suspended') };
}

const bucketArn = (name: string): string => `arn:${Aws.PARTITION}:s3:::${name}`;

const tlsOnlyQueue = (arn: string) => ({
  Sid: 'SafelightTlsOnly',
  Effect: 'Deny',
  Principal: '*',
  Action: 'sqs:*',
  Resource: arn,
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
});
