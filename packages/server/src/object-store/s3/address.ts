import type { ObjectAddress } from '../signing/presigned-object.ts';

/** The public address of a bucket. */
export interface BucketAddress {
  /** The address of an object. */
  address(key: string): ObjectAddress;
  /** The address that forms are sent to. */
  readonly formUrl: string;
}

export interface BucketAddressOptions {
  readonly bucket: string;
  readonly region: string;
  /** `https://files.example.org`; null: Amazon's of the region. */
  readonly endpoint: string | null;
  readonly isPathStyle: boolean;
}

export function createBucketAddress({ bucket, region, endpoint, isPathStyle }: BucketAddressOptions): BucketAddress {
  const origin = new URL(endpoint ?? `https://s3.${region}.amazonaws.com`);
  if (isPathStyle) {
    return {
      address: (key) => ({ origin: origin.origin, path: `/${bucket}/${key}` }),
      formUrl: `${origin.origin}/${bucket}`,
    };
  }
  const host = `${origin.protocol}//${bucket}.${origin.host}`;
  return { address: (key) => ({ origin: host, path: `/${key}` }), formUrl: `${host}/` };
}
