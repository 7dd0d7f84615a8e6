import { isDeepStrictEqual } from 'node:util';
import {
  GetBucketNotificationConfigurationCommand,
  type LambdaFunctionConfiguration,
  type NotificationConfiguration,
  PutBucketNotificationConfigurationCommand,
  type QueueConfiguration,
  type TopicConfiguration,
} from '@aws-sdk/client-s3';
import { AppError } from '../../domain/errors.ts';
import { INCOMING_PREFIX } from '../../domain/object-key.ts';
import { answerWithin } from '../answer-within.ts';
import type { Aspect } from '../aspect.ts';
import { type BucketAspect, type BucketTarget, readConfigured } from './bucket-aspect.ts';

const ID = 'safelight';
const EVENT = 's3:ObjectCreated:*';

type Configuration = QueueConfiguration | TopicConfiguration | LambdaFunctionConfiguration;

/** The queue that is told what arrives. */
export interface EventQueue {
  readonly name: string;
  /** Undefined of one that a dry run didn't make. */
  readonly arn: string | undefined;
}

/** That the bucket tells `queue` of what clients send. */
export const notificationOf = (queue: EventQueue): BucketAspect => ({
  name: 'notification',
  needs: ['notifications'],
  check: (target) => compare(target, queue),
});

async function compare(target: BucketTarget, { name, arn }: EventQueue): ReturnType<Aspect<BucketTarget>['check']> {
  const { client, bucket } = target;
  const reading = client.send(new GetBucketNotificationConfigurationCommand({ Bucket: bucket }));
  const { $metadata: _, ...found } = { $metadata: {}, ...(await readConfigured(reading, [])) };
  const { QueueConfigurations: queues = [], TopicConfigurations: topics = [] } = found;
  const wanted: QueueConfiguration = {
    Id: ID,
    QueueArn: arn,
    Events: [EVENT],
    Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: INCOMING_PREFIX }] } },
  };
  const others = queues.filter((one) => one.Id !== ID);
  const isRight = queues.some((one) => isSame(one, wanted));
  const overlapping = [...others, ...topics, ...(found.LambdaFunctionConfigurations ?? [])].find(overlaps);
  if (overlapping && !isRight) throw new AppError('unavailable', inTheWay(overlapping, bucket));
  return {
    kind: 'compared',
    difference: isRight ? [] : [`${ID}, beside ${othersIn(found, others)} others: ${EVENT} of ${INCOMING_PREFIX} to ${name}`],
    except: [],
    apply: () => put(target, { ...found, QueueConfigurations: [...others, wanted] }, name),
  };
}
