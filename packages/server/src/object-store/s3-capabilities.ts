/** What S3 does and a compatible store may not; docs/stores.md says of each what it is for. */
export const CAPABILITIES = [
  'conditional-writes',
  'checksums',
  'post-policy',
  'cors',
  'public-access-block',
  'lifecycle',
  'header-signing',
] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** Stores by name: what each lacks. AWS's and Ceph's are run by our tests, the others read in their documentation (docs/stores.md). */
export const S3_PROFILES = {
  aws: [],
  /** Compares no x-amz-checksum-sha256, and takes Amazon headers of a PUT that were not signed (16.2). */
  ceph: ['checksums', 'header-signing'],
  /** No POST policies, no public access block. */
  r2: ['post-policy', 'public-access-block'],
  seaweedfs: ['checksums', 'public-access-block'],
  garage: ['conditional-writes', 'public-access-block'],
} as const satisfies Record<string, readonly Capability[]>;

export type S3Profile = keyof typeof S3_PROFILES;
