import { caughtBy } from '../breakage.ts';

export const S3 = [
  ...caughtBy('packages/server/src/object-store/s3/s3.ci.test.ts', [
    ['a page of a list says that no other follows', 'createS3ObjectStore', 'at(-1)', 'at(limit)'],
    ['a copy of a key with special characters is refused', 'createS3ObjectStore', 'map(encodeURIComponent).', ''],
    ['the first put fails if the key is taken', 'createS3ObjectStore', 'if (nameOf(error…;', ''],
    ['an object that was replaced is checked out', 'createS3ObjectStore', '{ ifMatch,', '{'],
  ]),
  ...caughtBy('packages/server/test/s3/conditional-copies.ci.test.ts', [
    ['a copy takes an object that was replaced', 'createS3ObjectStore', '{ CopySourceIfMatch: ifMatch,', '{'],
  ]),
  ...caughtBy('packages/server/src/object-store/s3/store-faults.ci.test.ts', [
    [
      'a PUT is sent once',
      'createS3ObjectStore',
      'return repeated',
      'return ((once: () => Promise<PutObjectCommandOutput>) => once())',
    ],
    ['a body that ends early is taken for the whole', 'body.ts: chunksOf', 'if (at > end) ', ''],
    ['a delete leaves versions after the first thousand', 'delete.ts: versionsOf', 'page.IsTruncated …key', 'false'],
    ['a delete that failed for one of its objects counts as done', 'deleteBatch', 'if (failed.length === 0) ', ''],
  ]),
  ...caughtBy('packages/server/src/object-store/s3/put-first.ci.test.ts', [
    ['a PUT beside another fails', 'isRetryable', 'if (nameOf(error…;', ''],
  ]),
  ...caughtBy('packages/server/src/object-store/s3/versions.ci.test.ts', [
    ['a delete leaves delete markers', 'delete.ts: versionsOf', ', ...(page.DeleteMarkers ?? [])', ''],
    ['a delete removes keys that begin with the same text', 'delete.ts: versionsOf', '=== key)', '!== undefined)'],
    ['old versions in a bucket with suspended versioning stay', 'findVersioning', '!== undefined', "=== 'Enabled'"],
  ]),
  ...caughtBy('packages/server/src/object-store/s3/signers.test.ts', [
    ['a URL outlives the credentials that sign it', 'createSigners', 'Math.min(asked…))', 'asked.expiresInSeconds'],
  ]),
  ...caughtBy('packages/server/src/object-store/s3/if-match.ci.test.ts', [
    ['a body is resumed with the bytes of another object', 'body.ts: chunksOf', 'requireTag(answer…;', ''],
  ]),
];
