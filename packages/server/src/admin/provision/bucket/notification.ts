import { isDeepStrictEqual } from 'node:util';
import {
  GetBucketNotificationConfigurationCommand,
  type LambdaFunctionConfiguration,
  type NotificationConfiguration,
  PutBucketNotificationConfigurationCommand,
  type QueueConfiguration,
  type TopicConfiguration,
} from '@aws-sdk/client-s3';
import { AppError } from '../../../domain/errors.ts';
import { INCOMING_PREFIX } from '../../../domain/image/object-key.ts';
import { answerWithin } from '../answer-within.ts';
import { type BucketAspect, type BucketTarget, readConfigured } from './bucket-aspect.ts';

const ID = 'safelight';
const CREATED = 's3:ObjectCreated:';
const EVENT = `${CREATED}*` as const;

type Configuration = QueueConfiguration | TopicConfiguration | LambdaFunctionConfiguration;

/** The queue that receives the events. */
export interface EventQueue {
  readonly name: string;
  /** Undefined for a queue that a dry run didn't create. */
  readonly arn: string | undefined;
}

export const eventsTo = (queueArn: string | undefined) => ({
  Id: ID,
  QueueArn: queueArn,
  Events: [EVENT],
  Filter: { Key: { FilterRules: [{ Name: 'prefix' as const, Value: INCOMING_PREFIX }] } },
});

/** The bucket reports uploads to `queue`. */
export const notificationTo = ({ name, arn }: EventQueue): BucketAspect => ({
  name: 'notification',
  needs: ['notifications'],
  async check(target) {
    const { client, bucket } = target;
    const reading = client.send(new GetBucketNotificationConfigurationCommand({ Bucket: bucket }));
    const found = await readConfigured(reading, []);
    const { QueueConfigurations: queues = [], TopicConfigurations: topics = [] } = found ?? {};
    const wanted = eventsTo(arn);
    const otherQueues = queues.filter(({ Id }) => Id !== ID);
    const others = [...otherQueues, ...topics, ...(found?.LambdaFunctionConfigurations ?? [])];
    const isRight = queues.some((one) => isSame(one, wanted));
    const overlapping = isRight ? undefined : others.find(overlaps);
    if (overlapping) throw new AppError('unavailable', inTheWay(overlapping, bucket));
    return {
      kind: 'compared',
      difference: isRight
        ? []
        : [`${ID}, beside ${others.length} others: what arrives in ${INCOMING_PREFIX}, to ${name}`],
      except: [],
      apply: () => put(target, { ...found, QueueConfigurations: [...otherQueues, wanted] }, name),
    };
  },
});

/** S3 sends a test message, and a queue's policy takes effect with a delay. */
async function put(
  { client, bucket, waitMs }: BucketTarget,
  configuration: NotificationConfiguration,
  queue: string,
): Promise<void> {
  const command = new PutBucketNotificationConfigurationCommand({
    Bucket: bucket,
    NotificationConfiguration: configuration,
  });
  let refusal: Error | undefined;
  const isDone = await answerWithin(waitMs, async () => {
    try {
      return await client.send(command);
    } catch (error) {
      if (!(error instanceof Error) || !/Unable to validate .* destination/.test(error.message)) throw error;
      refusal = error;
      return undefined;
    }
  });
  if (isDone) return;
  throw new AppError(
    'unavailable',
    `S3 can't send to the queue ${queue} (${refusal?.message}): it must be in the bucket's region and account, and the policy of a KMS key that it has must let s3.amazonaws.com use it`,
    { cause: refusal },
  );
}

/** With any id: somebody else may have configured the same. */
const isSame = (one: QueueConfiguration, other: QueueConfiguration): boolean =>
  one.QueueArn === other.QueueArn &&
  isDeepStrictEqual(one.Events, other.Events) &&
  isDeepStrictEqual(rulesOf(one), rulesOf(other));

/** S3 spells these names in its own way. */
const rulesOf = ({ Filter }: Configuration): string[] =>
  (Filter?.Key?.FilterRules ?? []).map(({ Name, Value }) => `${Name?.toLowerCase()} ${Value}`).toSorted();

/**
 * S3 refuses two notifications of the same event, whatever their targets ("Configuring event notifications using object
 * key name filtering").
 */
function overlaps({ Events = [], Filter }: Configuration): boolean {
  const prefix = Filter?.Key?.FilterRules?.find(({ Name }) => Name?.toLowerCase() === 'prefix')?.Value ?? '';
  const mayBeOurs = prefix.startsWith(INCOMING_PREFIX) || INCOMING_PREFIX.startsWith(prefix);
  return mayBeOurs && Events.some((event) => event.startsWith(CREATED));
}

const inTheWay = (one: Configuration, bucket: string): string =>
  `The bucket ${bucket} already tells ${addressee(one)} of what arrives in ${INCOMING_PREFIX} (its notification ${one.Id}), and S3 tells one only: remove that or give it another prefix, and run this again`;

function addressee(one: Configuration): string | undefined {
  if ('QueueArn' in one) return one.QueueArn;
  if ('TopicArn' in one) return one.TopicArn;
  return 'LambdaFunctionArn' in one ? one.LambdaFunctionArn : undefined;
}
