import { INCOMING_PREFIX } from '../domain/object-key.ts';
import { bucketArn } from './arn.ts';
import { PREFIXES } from './prefixes.ts';

export interface Policy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly {
    readonly Sid: string;
    readonly Effect: 'Allow';
    readonly Action: readonly string[];
    readonly Resource: readonly string[];
  }[];
}

/** The least that the API and a worker of its own need. A URL permits what its signer may do: only the API lets clients write. */
export function policiesFor(bucket: string, region: string): { readonly api: Policy; readonly worker: Policy } {
  const arn = bucketArn(bucket, region);
  const objects = (prefixes: readonly string[]) => prefixes.map((prefix) => `${arn}/${prefix}*`);
  const policy = (written: readonly string[]): Policy => ({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'Bucket',
        Effect: 'Allow',
        // Without s3:ListBucket an object that isn't there is a 403.
        Action: ['s3:ListBucket', 's3:ListBucketVersions', 's3:GetBucketVersioning', 's3:GetBucketPublicAccessBlock'],
        Resource: [arn],
      },
      {
        Sid: 'ReadAndDelete',
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:DeleteObject', 's3:DeleteObjectVersion'],
        Resource: objects(PREFIXES),
      },
      { Sid: 'Write', Effect: 'Allow', Action: ['s3:PutObject'], Resource: objects(written) },
    ],
  });
  return { api: policy(PREFIXES), worker: policy(PREFIXES.filter((prefix) => prefix !== INCOMING_PREFIX)) };
}
