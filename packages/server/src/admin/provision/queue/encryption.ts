import type { QueueAttributeName } from '@aws-sdk/client-sqs';
import { takesEvents } from './events.ts';
import { findQueue, type QueueAspect, type Role, setAttributes } from './queue-target.ts';

/** With SQS's own keys. */
export const ENCRYPTED: Readonly<Partial<Record<QueueAttributeName, string>>> = { SqsManagedSseEnabled: 'true' };

/** A queue with other encryption, such as a KMS key, is unchanged. */
export const encryption = (role: Role): QueueAspect => ({
  name: `encryption of the ${role}`,
  async check(target) {
    const found = await findQueue(role, target);
    const { KmsMasterKeyId: key, SqsManagedSseEnabled: is } = found?.attributes ?? ENCRYPTED;
    const keyIsS3s = key && role === 'queue' && takesEvents(target.bucket);
    return {
      kind: 'compared',
      difference: key || is === 'true' ? [] : [`SqsManagedSseEnabled: ${is ?? 'none'} -> true`],
      except: keyIsS3s
        ? [`the policy of the KMS key ${key}, which must let s3.amazonaws.com kms:GenerateDataKey and kms:Decrypt`]
        : [],
      apply: () => setAttributes(target, found, ENCRYPTED),
    };
  },
});
