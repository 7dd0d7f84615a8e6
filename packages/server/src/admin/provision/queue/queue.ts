import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { AppError } from '../../../domain/errors.ts';
import { answerWithin } from '../answer-within.ts';
import { ENCRYPTED } from './encryption.ts';
import { findQueue, nameFor, type QueueAspect, type Role } from './queue-target.ts';
import { timesOf } from './times.ts';

export const thereIs = (role: Role): QueueAspect => ({
  name: role,
  async check(target) {
    const { client, region, waitMs } = target;
    const name = nameFor(role, target);
    const isThere = (await findQueue(role, target)) !== undefined;
    return {
      kind: 'compared',
      difference: isThere ? [] : [`none -> ${name} in ${region}`],
      except: [],
      apply: async () => {
        await client.send(new CreateQueueCommand({ QueueName: name, Attributes: { ...timesOf(role), ...ENCRYPTED } }));
        // A new queue is visible with a delay.
        if (await answerWithin(waitMs, () => findQueue(role, target))) return;
        throw new AppError('unavailable', `The queue ${name} was made and is not known yet: run this again later`);
      },
    };
  },
});
