import { isDeepStrictEqual } from 'node:util';
import { bucketArn } from '../arn.ts';
import { type EventSource, findQueue, type QueueAspect, setAttributes } from './queue-target.ts';

const SID = 'SafelightEvents';

/** A stored queue policy; a single statement may stand without a list. */
interface QueuePolicy {
  readonly Version?: string;
  readonly Statement?: Statement | readonly Statement[];
}
interface Statement {
  readonly Sid?: string;
}

export const takesEvents = (bucket: EventSource | null): bucket is EventSource =>
  bucket !== null && !bucket.lacks.includes('notifications');

interface EventParties {
  readonly bucketArn: string;
  readonly queueArn: string | undefined;
  readonly account: string | undefined;
}

/** A bucket's name doesn't identify its owner, so the condition names the queue's account. */
export const eventsFrom = ({ bucketArn: source, queueArn, account }: EventParties) => ({
  Sid: SID,
  Effect: 'Allow',
  Principal: { Service: 's3.amazonaws.com' },
  Action: 'sqs:SendMessage',
  Resource: queueArn,
  Condition: { ArnLike: { 'aws:SourceArn': source }, StringEquals: { 'aws:SourceAccount': account } },
});

export const EVENTS: QueueAspect = {
  name: 'events of the bucket',
  async check(target) {
    const { bucket } = target;
    if (bucket === null) return { kind: 'left-out', why: 'S3_BUCKET is not set' };
    if (!takesEvents(bucket)) return { kind: 'left-out', why: 'this store lacks notifications' };
    const found = await findQueue('queue', target);
    const policy = JSON.parse(found?.attributes.Policy || '{}') as QueuePolicy;
    const statements = [policy.Statement ?? []].flat();
    const wanted = eventsFrom({
      bucketArn: bucketArn(bucket.bucket, bucket.region),
      queueArn: found?.arn,
      account: found?.arn.split(':')[4],
    });
    const others = statements.filter(({ Sid }) => Sid !== SID);
    return {
      kind: 'compared',
      difference: statements.some((one) => isDeepStrictEqual(one, wanted))
        ? []
        : [`a statement ${SID}, beside ${others.length} others: S3 may send those of ${bucket.bucket}`],
      except: [],
      apply: () => {
        const Policy = JSON.stringify({ Version: '2012-10-17', ...policy, Statement: [...others, wanted] });
        return setAttributes(target, found, { Policy });
      },
    };
  },
};
