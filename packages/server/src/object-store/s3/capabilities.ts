/** What S3 does and a compatible store may not; docs/stores.md says of each what it is for. */
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

/** Stores by name: what each lacks. AWS's and Ceph's are run by our tests, the others read in their documentation or source (docs/stores.md). */
export const S3_PROFILES = {
  aws: [],
  /** 16.2. With BlockPublicAcls it takes no object at all, until its fix of 2025 (Ceph's tracker, 49135). */
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
  /** RELEASE.2025. Objects have no ACLs there, so public ones need not be blocked. */
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
  /** 4.x. It keeps lifecycle rules and acts on none. */
  localstack: ['conditional-copies', 'header-signing', 'lifecycle'],
} as const satisfies Record<string, readonly Capability[]>;

export type S3Profile = keyof typeof S3_PROFILES;

/** Whether `If-None-Match: *` on a PUT is heeded. */
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
