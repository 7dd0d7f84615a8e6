import { deadLetterQueueAttributes, queueAttributes } from '../../../jobs/sqs/attributes.ts';
import { findQueue, type QueueAspect, type Role, setAttributes } from './queue-target.ts';

/** Seconds, by attribute. */
export function timesOf(role: Role): Readonly<Record<string, string>> {
  if (role === 'dead letter queue') return deadLetterQueueAttributes();
  const { RedrivePolicy: _, ...times } = queueAttributes({ deadLetterQueueArn: '' });
  return times;
}

/** Longer values are unchanged: Lambda requires a visibility timeout of six times the function's timeout. */
export const times = (role: Role): QueueAspect => ({
  name: `times of the ${role}`,
  async check(target) {
    const found = await findQueue(role, target);
    const attributes: Readonly<Record<string, string | undefined>> = found?.attributes ?? timesOf(role);
    const tooShort = Object.entries(timesOf(role)).filter(([name, least]) => Number(attributes[name]) < Number(least));
    return {
      kind: 'compared',
      difference: tooShort.map(([name, least]) => `${name}: ${attributes[name]} -> ${least}`),
      except: [],
      apply: () => setAttributes(target, found, Object.fromEntries(tooShort)),
    };
  },
});
