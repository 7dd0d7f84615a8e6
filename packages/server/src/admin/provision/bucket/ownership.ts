import { GetBucketOwnershipControlsCommand, PutBucketOwnershipControlsCommand } from '@aws-sdk/client-s3';
import { type BucketAspect, readConfigured } from './bucket-aspect.ts';

/** ACLs have no effect: the bucket owner owns every object, whoever sent it. */
export const OBJECT_OWNERSHIP = 'BucketOwnerEnforced';

export const OWNERSHIP: BucketAspect = {
  name: 'objects owned by the bucket owner',
  needs: ['ownership-controls'],
  async check({ client, bucket }) {
    const reading = client.send(new GetBucketOwnershipControlsCommand({ Bucket: bucket }));
    const found = await readConfigured(reading, ['OwnershipControlsNotFoundError']);
    const is = found?.OwnershipControls?.Rules?.[0]?.ObjectOwnership;
    return {
      kind: 'compared',
      difference: is === OBJECT_OWNERSHIP ? [] : [`ObjectOwnership: ${is ?? 'none'} -> ${OBJECT_OWNERSHIP}`],
      except: [],
      apply: () =>
        client.send(
          new PutBucketOwnershipControlsCommand({
            Bucket: bucket,
            OwnershipControls: { Rules: [{ ObjectOwnership: OBJECT_OWNERSHIP }] },
          }),
        ),
    };
  },
};
