import type { S3Client } from '@aws-sdk/client-s3';
import type { Presigner } from '../presigner.ts';
import {
  presignGetObject,
  presignPartObject,
  presignPostObject,
  presignPutObject,
} from '../signing/presigned-object.ts';
import { type BucketAddressOptions, createBucketAddress } from './address.ts';
import { type Capability, isConditional } from './capabilities.ts';
import { createSigners } from './signers.ts';

export interface S3PresignerOptions {
  /** Provides the credentials, and renews them. */
  readonly client: S3Client;
  readonly bucket: string;
  readonly region: string;
  /** The public address of the store, which may differ from the service's own. */
  readonly publicAddress: Pick<BucketAddressOptions, 'endpoint' | 'isPathStyle'>;
  readonly lacks: readonly Capability[];
  readonly isVersioned: boolean;
  readonly clock: { now(): Date };
}

/** Presigns requests to a bucket. A grant signs only what the store enforces; finalize checks the rest. */
export function createS3Presigner(options: S3PresignerOptions): Presigner {
  const { client, bucket, region, publicAddress, lacks, isVersioned, clock } = options;
  const signers = createSigners({ client, region, clock });
  const { address, formUrl } = createBucketAddress({ bucket, region, ...publicAddress });
  const capabilities = {
    conditionalWrites: isConditional({ lacks, isVersioned }),
    checksums: !lacks.includes('checksums'),
    postPolicy: !lacks.includes('post-policy'),
    headerSigning: !lacks.includes('header-signing'),
  };

  return {
    capabilities,

    async presignPut(key, asked) {
      const { signer, now, expiresInSeconds } = await signers.until(asked);
      const isOnce = asked.sha256 !== undefined && capabilities.conditionalWrites;
      const sha256 = capabilities.checksums ? asked.sha256 : undefined;
      return presignPutObject({ signer, address: address(key), now }, { ...asked, expiresInSeconds, sha256, isOnce });
    },

    async presignPart(key, asked) {
      const { signer, now, expiresInSeconds } = await signers.until(asked);
      return presignPartObject({ signer, address: address(key), now }, { ...asked, expiresInSeconds });
    },

    async presignPost(key, asked) {
      const { signer, now, expiresInSeconds } = await signers.until(asked);
      return presignPostObject({ signer, url: formUrl, bucket, key, now }, { ...asked, expiresInSeconds });
    },

    async presignGet(key, asked) {
      const { signer, now, expiresInSeconds } = await signers.until(asked);
      return presignGetObject({ signer, address: address(key), now }, { ...asked, expiresInSeconds });
    },

    originOf: () => new URL(formUrl).origin,
  };
}
