import { GetPublicAccessBlockCommand, PutPublicAccessBlockCommand } from '@aws-sdk/client-s3';
import { publicAccessBlock } from '../../../object-store/s3/capabilities.ts';
import { type BucketAspect, readConfigured } from './bucket-aspect.ts';

const word = (isOn: boolean): string => (isOn ? 'on' : 'off');

export const PUBLIC_ACCESS: BucketAspect = {
  name: 'public access blocked',
  needs: ['public-access-block'],
  async check({ client, bucket, lacks }) {
    const reading = client.send(new GetPublicAccessBlockCommand({ Bucket: bucket }));
    const found = await readConfigured(reading, ['NoSuchPublicAccessBlockConfiguration']);
    const block = found?.PublicAccessBlockConfiguration ?? {};
    const wanted = publicAccessBlock(lacks);
    const flags = Object.keys(wanted) as (keyof typeof wanted)[];
    return {
      kind: 'compared',
      difference: flags
        .filter((flag) => (block[flag] ?? false) !== wanted[flag])
        .map((flag) => `${flag}: ${word(block[flag] ?? false)} -> ${word(wanted[flag])}`),
      except: wanted.BlockPublicAcls
        ? []
        : ['BlockPublicAcls: this store would then take no objects; public ACLs are ignored instead'],
      apply: () =>
        client.send(new PutPublicAccessBlockCommand({ Bucket: bucket, PublicAccessBlockConfiguration: wanted })),
    };
  },
};
