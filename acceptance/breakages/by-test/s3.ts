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
  ]),
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
];
