import { CreateBucketCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { type BucketAspect, readConfigured } from './bucket-aspect.ts';

export const BUCKET: BucketAspect = {
  name: 'bucket',
  needs: [],
  async check({ client, bucket, region }) {
    const isThere = await readConfigured(client.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 })), []);
    return {
      kind: 'compared',
      difference: isThere ? [] : [`none -> ${bucket} in ${region}`],
      except: [],
      apply: () => client.send(new CreateBucketCommand({ Bucket: bucket })), // the SDK adds the region
    };
  },
};
