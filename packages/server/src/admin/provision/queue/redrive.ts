import { MAX_ATTEMPTS } from '../../../jobs/job-queue.ts';
import { MAX_RECEIVES } from '../../../jobs/sqs/attributes.ts';
import { findQueue, nameFor, type QueueAspect, setAttributes } from './queue-target.ts';

/** In SQS's form; others write the count as text. */
interface RedrivePolicy {
  readonly deadLetterTargetArn?: string;
  readonly maxReceiveCount?: number | string;
}

/** SQS moves messages after this many receives. The service itself does so earlier, with a reason. */
export const REDRIVE: QueueAspect = {
  name: 'dead letters',
  async check(target) {
    const found = await findQueue('queue', target);
    const letters = await findQueue('dead letter queue', target);
    const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(
      found?.attributes.RedrivePolicy || '{}',
    ) as RedrivePolicy;
    const name = nameFor('dead letter queue', target);
    const count = Number(maxReceiveCount) > MAX_ATTEMPTS ? Number(maxReceiveCount) : MAX_RECEIVES;
    const is = deadLetterTargetArn
      ? inWords(deadLetterTargetArn.split(':').at(-1) ?? '', Number(maxReceiveCount))
      : 'none';
    const wanted = inWords(name, count);
    return {
      kind: 'compared',
      difference: is === wanted ? [] : [`${is} -> ${wanted}`],
      except: [],
      apply: () => {
        const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: letters?.arn, maxReceiveCount: count });
        return setAttributes(target, found, { RedrivePolicy });
      },
    };
  },
};

const inWords = (name: string, count: number): string => `to ${name} after ${count} receptions`;
