import { Aws, Fn, type Stack } from 'aws-cdk-lib';
import { isGiven } from './parameters.ts';
import { STORE_OWN_KEYS } from './provisioned.ts';

/**
 * The encryption of buckets and queues: with the customer's key, or with the stores' own keys, which are those of `npm
 * run admin -- provision`. DynamoDB always encrypts with a key of its own.
 */
export function encryptionBy(stack: Stack, key: string) {
  const hasKey = isGiven(stack, 'HasKmsKey', key);
  const withKey = (value: string | boolean, otherwise: string | boolean = Aws.NO_VALUE) =>
    Fn.conditionIf(hasKey, value, otherwise);
  return {
    ofBucket: {
      bucketEncryption: {
        serverSideEncryptionConfiguration: [
          {
            bucketKeyEnabled: withKey(true),
            serverSideEncryptionByDefault: {
              sseAlgorithm: withKey('aws:kms', STORE_OWN_KEYS).toString(),
              kmsMasterKeyId: withKey(key).toString(),
            },
          },
        ],
      },
    },
    ofQueue: { sqsManagedSseEnabled: withKey(Aws.NO_VALUE, true), kmsMasterKeyId: withKey(key).toString() },
  };
}
