import { GetBucketEncryptionCommand, PutBucketEncryptionCommand } from '@aws-sdk/client-s3';
import { type BucketAspect, readConfigured } from './bucket-aspect.ts';

/** With S3's own keys. A bucket with other encryption, such as KMS keys, is unchanged. */
export const BUCKET_ENCRYPTION = 'AES256';

export const ENCRYPTION: BucketAspect = {
  name: 'encrypted by default',
  needs: ['encryption'],
  async check({ client, bucket }) {
    const reading = client.send(new GetBucketEncryptionCommand({ Bucket: bucket }));
    const found = await readConfigured(reading, ['ServerSideEncryptionConfigurationNotFoundError']);
    const is = found?.ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm;
    return {
      kind: 'compared',
      difference: is === undefined ? [`SSEAlgorithm: none -> ${BUCKET_ENCRYPTION}`] : [],
      except: [],
      apply: () =>
        client.send(
          new PutBucketEncryptionCommand({
            Bucket: bucket,
            ServerSideEncryptionConfiguration: {
              Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: BUCKET_ENCRYPTION } }],
            },
          }),
        ),
    };
  },
};
