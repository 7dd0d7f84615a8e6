import { isDeepStrictEqual } from 'node:util';
import { GetBucketPolicyCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { bucketArn } from '../arn.ts';
import { type BucketAspect, readConfigured } from './bucket-aspect.ts';

const SID = 'SafelightTlsOnly';

/** A stored bucket policy; a single statement may stand without a list. */
interface BucketPolicy {
  readonly Version?: string;
  readonly Statement?: Statement | readonly Statement[];
}
interface Statement {
  readonly Sid?: string;
}

export const tlsOnly = (arn: string) => ({
  Sid: SID,
  Effect: 'Deny',
  Principal: '*',
  Action: 's3:*',
  Resource: [arn, `${arn}/*`],
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
});

export const TLS_ONLY: BucketAspect = {
  name: 'TLS only',
  needs: ['bucket-policy'],
  async check({ client, bucket, region, isTls }) {
    if (!isTls) return { kind: 'left-out', why: 'the store is reached without TLS' };
    const reading = client.send(new GetBucketPolicyCommand({ Bucket: bucket }));
    const found = await readConfigured(reading, ['NoSuchBucketPolicy']);
    const policy = JSON.parse(found?.Policy ?? '{}') as BucketPolicy;
    const statements = [policy.Statement ?? []].flat();
    const arn = bucketArn(bucket, region);
    const wanted = tlsOnly(arn);
    const others = statements.filter(({ Sid }) => Sid !== SID);
    return {
      kind: 'compared',
      difference: statements.some((one) => isDeepStrictEqual(one, wanted))
        ? []
        : [`a statement ${SID}, beside ${others.length} others: whatever comes without TLS is refused`],
      except: [],
      apply: () => {
        const Policy = JSON.stringify({ Version: '2012-10-17', ...policy, Statement: [...others, wanted] });
        return client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
      },
    };
  },
};
