/** Features of S3 that a compatible store may lack; docs/stores.md says what each is for. */
export const CAPABILITIES = [
  'conditional-writes',
  'versioned-conditional-writes',
  'conditional-copies',
  'checksums',
  'post-policy',
  'header-signing',
  'tagging',
  'versioning',
  'cors',
  'lifecycle',
  'abort-multipart',
  'public-access-block',
  'block-public-acls',
  'ownership-controls',
  'encryption',
  'bucket-policy',
  'notifications',
] as const;
export type Capability = (typeof CAPABILITIES)[number];

/**
 * What each known store lacks. Our tests run AWS's and Ceph's; the others are taken from documentation or source
 * (docs/stores.md).
 */
export const S3_PROFILES = {
  aws: [],
  /** 16.2. With BlockPublicAcls it accepts no objects, until its fix of 2025 (Ceph's tracker, 49135). */
  ceph: [
    'versioned-conditional-writes',
    'conditional-copies',
    'checksums',
    'header-signing',
    'block-public-acls',
    'ownership-controls',
    'encryption',
    'notifications',
  ],
  r2: [
    'conditional-copies',
    'checksums',
    'post-policy',
    'tagging',
    'versioning',
    'public-access-block',
    'ownership-controls',
    'encryption',
    'bucket-policy',
    'notifications',
  ],
  /** 4.x. */
  seaweedfs: ['conditional-copies', 'checksums', 'public-access-block', 'notifications'],
  /** 2.x. */
  garage: [
    'conditional-writes',
    'conditional-copies',
    'versioning',
    'public-access-block',
    'ownership-controls',
    'encryption',
    'bucket-policy',
    'notifications',
  ],
  /** 1.0.0-rc.3. It encrypts only with a key server; without one every PUT into a bucket with encryption fails. */
  rustfs: ['versioned-conditional-writes', 'header-signing', 'ownership-controls', 'encryption', 'notifications'],
  /** RELEASE.2025. Objects have no ACLs, so public ACLs need not be blocked. */
  minio: [
    'conditional-copies',
    'header-signing',
    'cors',
    'abort-multipart',
    'public-access-block',
    'ownership-controls',
    'encryption',
    'notifications',
  ],
  /** 4.x. It stores lifecycle rules but doesn't execute them. */
  localstack: ['conditional-copies', 'header-signing', 'lifecycle'],
} as const satisfies Record<string, readonly Capability[]>;

export type S3Profile = keyof typeof S3_PROFILES;

/** Whether `If-None-Match: *` on a PUT is enforced. */
export const isConditional = ({
  lacks,
  isVersioned,
}: {
  lacks: readonly Capability[];
  isVersioned: boolean;
}): boolean =>
  !lacks.includes('conditional-writes') && !(isVersioned && lacks.includes('versioned-conditional-writes'));

/** How public access is blocked. Public ACLs that can't be refused are ignored. */
export const publicAccessBlock = (lacks: readonly Capability[]) => ({
  BlockPublicAcls: !lacks.includes('block-public-acls'),
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
});
