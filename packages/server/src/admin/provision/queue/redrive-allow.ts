import { findQueue, type QueueAspect, setAttributes } from './queue-target.ts';

interface RedriveAllowPolicy {
  /** Present only with the permission `byQueue`. */
  readonly sourceQueueArns?: readonly string[];
}

export const redriveAllow = (queueArns: readonly (string | undefined)[]) => ({
  redrivePermission: 'byQueue',
  sourceQueueArns: queueArns,
});

/** Other queues may not send dead letters here, unless they were named before. */
export const REDRIVE_ALLOW: QueueAspect = {
  name: 'who may send dead letters',
  async check(target) {
    const letters = await findQueue('dead letter queue', target);
    const found = await findQueue('queue', target);
    const { sourceQueueArns: named = [] } = JSON.parse(
      letters?.attributes.RedriveAllowPolicy || '{}',
    ) as RedriveAllowPolicy;
    const others = named.filter((arn) => arn !== found?.arn);
    return {
      kind: 'compared',
      difference: others.length < named.length ? [] : [`${target.name}, and ${others.length} other queues`],
      except: [],
      apply: () => {
        const policy = JSON.stringify(redriveAllow([...others, found?.arn]));
        return setAttributes(target, letters, { RedriveAllowPolicy: policy });
      },
    };
  },
};
