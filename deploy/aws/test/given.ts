import type { Values } from '../../../test/servers/cloudformation.ts';

const SHARED = { BucketName: 'my-images', PublicUrl: 'https://images.example.org' };

/** The parameters that the templates require. */
export const GIVEN = {
  data: { parameters: SHARED },
  service: {
    parameters: {
      ...SHARED,
      HttpCodeKey: 'safelight/http-arm64-0123456789abcdef.zip',
      WorkerCodeKey: 'safelight/worker-arm64-0123456789abcdef.zip',
      Architecture: 'arm64',
      OriginSecret: '5e'.repeat(32),
      OriginSecretSha256: 'a1'.repeat(32),
    },
  },
  backup: {
    parameters: {
      BucketName: SHARED.BucketName,
      SourceKey: 'safelight/source-0123456789abcdef.zip',
      TargetBucket: 'my-backups',
      TargetRegion: 'eu-west-1',
    },
  },
} satisfies Record<string, Values>;
