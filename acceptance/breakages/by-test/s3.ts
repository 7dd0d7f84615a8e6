import { breakagesFor } from '../breakage.ts';

export const S3 = [
  ...breakagesFor({ file: 'server/src/object-store/s3/s3.ts', test: 'server/src/object-store/s3/s3.test.ts' }, [
    [
      'a page of a list says that no other follows',
      '(IsTruncated && objects.at(-1)?.key) || null',
      '(IsTruncated && objects.at(limit)?.key) || null',
    ],
    ['a copy of a key with special characters is refused', '.map(encodeURIComponent)', ''],
    ['the first put fails if the key is taken', "if (nameOf(error) === 'PreconditionFailed') return undefined;", ''],
    [
      'an object that was replaced is checked out',
      'openBody(client, at(key), { ifMatch, signal })',
      'openBody(client, at(key), { signal })',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/object-store/s3/s3.ts', test: 'server/test/s3/conditional-copies.test.ts' }, [
    ['a copy takes an object that was replaced', 'CopySourceIfMatch: ifMatch, ', ''],
  ]),
  ...breakagesFor(
    { file: 'server/src/object-store/s3/s3.ts', test: 'server/src/object-store/s3/store-faults.test.ts' },
    [
      [
        'a PUT is sent once',
        'return repeated(async () => {\n      const body',
        'return ((once: () => Promise<PutObjectCommandOutput>) => once())(async () => {\n      const body',
      ],
    ],
  ),
  ...breakagesFor(
    { file: 'server/src/object-store/s3/body.ts', test: 'server/src/object-store/s3/store-faults.test.ts' },
    [['a body that ends early is taken for the whole', 'if (at > end) return;', 'return;']],
  ),
  ...breakagesFor(
    { file: 'server/src/object-store/s3/attempts.ts', test: 'server/src/object-store/s3/put-first.test.ts' },
    [['a PUT beside another fails', "if (nameOf(error) === 'ConditionalRequestConflict') return true;", '']],
  ),
  ...breakagesFor(
    { file: 'server/src/object-store/s3/delete.ts', test: 'server/src/object-store/s3/versions.test.ts' },
    [
      [
        'a delete leaves delete markers',
        '[...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])]',
        '[...(page.Versions ?? [])]',
      ],
      ['a delete removes keys that begin with the same text', 'if (Key === key) found', 'if (Key !== undefined) found'],
    ],
  ),
  ...breakagesFor(
    { file: 'server/src/object-store/s3/delete.ts', test: 'server/src/object-store/s3/store-faults.test.ts' },
    [
      [
        'a delete leaves versions after the first thousand',
        'isMore = page.IsTruncated === true && page.NextKeyMarker === key;',
        'isMore = false;',
      ],
      [
        'a delete that failed for one of its objects counts as done',
        'if (failed.length === 0) return [];',
        'return [];',
      ],
    ],
  ),
  ...breakagesFor(
    { file: 'server/src/object-store/s3/signers.ts', test: 'server/src/object-store/s3/signers.test.ts' },
    [
      [
        'a URL outlives the credentials that sign it',
        'expiresInSeconds: Math.min(asked.expiresInSeconds, secondsTo(begin))',
        'expiresInSeconds: asked.expiresInSeconds',
      ],
    ],
  ),
  ...breakagesFor({ file: 'server/src/object-store/s3/open.ts', test: 'server/src/object-store/s3/versions.test.ts' }, [
    ['old versions in a bucket with suspended versioning stay', 'Status !== undefined;', "Status === 'Enabled';"],
  ]),
  ...breakagesFor({ file: 'server/src/object-store/s3/body.ts', test: 'server/src/object-store/s3/if-match.test.ts' }, [
    ['a body is resumed with the bytes of another object', 'requireTag(answer, object.IfMatch);', ''],
  ]),
];
