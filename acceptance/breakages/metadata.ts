import { breakagesOf } from './breakage.ts';

export const METADATA = [
  ...breakagesOf('http/answers/image-answer.ts', [
    ['the ETag of metadata is constant', 'entityTag: imageTag(image, text)', 'entityTag: \'"1"\''],
  ]),
  ...breakagesOf('http/routes/metadata.ts', [
    ['PATCH ignores If-Match', 'expectedRevisions: revisions', 'expectedRevisions: undefined'],
    ['?wait is ignored', 'waitSeconds: wait', 'waitSeconds: 0'],
    ['PATCH can not clear a description', '...(description !== undefined &&', '...(description != null &&'],
    [
      'PATCH clears what is left out',
      '...(metadata !== undefined && { metadata: metadata ?? {} })',
      'metadata: metadata ?? {}',
    ],
    ['PATCH ignores the file name', '...(filename !== undefined && { filename }),', ''],
  ]),
  ...breakagesOf('http/request/if-match.ts', [
    [
      'a malformed If-Match passes for a stale one',
      'if (!ENTITY_TAGS.test(ifMatch.trim()))',
      'if (ifMatch.length < 0)',
    ],
    ['If-Match takes no revision alone', '(?:\\.[\\da-f]+)?"$/', '\\.[\\da-f]+"$/'],
    ['If-Match takes no ETag of ours', '(?:\\.[\\da-f]+)?"$/', '"$/'],
  ]),
  ...breakagesOf('http/schemas/images.ts', [
    [
      'PATCH passes over unknown and immutable fields',
      'export const changeBody = z.strictObject(',
      'export const changeBody = z.object(',
    ],
    ['one may wait for 21 seconds', 'Number(value) <= 20, got', 'Number(value) <= 21, got'],
  ]),
  ...breakagesOf('operations/images/update-image.ts', [
    [
      'of many PATCHes with one revision several succeed',
      'if (expectedRevisions && !expectedRevisions.includes(image.revision))',
      'if (expectedRevisions && !expectedRevisions.some((one) => one >= image.revision - 1))',
    ],
    ["another user's image can be changed", 'requireChange(principal, image);', ''],
    ['a rejected image can be changed', "if (image.status === 'rejected' ||", 'if ('],
    ['a deleted image can be changed', '!isLive(image) ||', "image.status === 'trashed' ||"],
  ]),
  ...breakagesOf('domain/image/image.ts', [
    [
      'PATCH makes no new revision',
      '...changes, updatedAt: at, revision: image.revision + 1 }',
      '...changes, updatedAt: at, revision: image.revision }',
    ],
    ['PATCH leaves updated_at', '...changes, updatedAt: at, revision', '...changes, revision'],
    [
      'a rejected image keeps what was said of it',
      "status === 'rejected' ? { ...NOTHING_SAID, filename } : NOTHING_SAID",
      "status === 'rejected' ? {} as UploadDescription : NOTHING_SAID",
    ],
    [
      'a rejected image loses its file name',
      "status === 'rejected' ? { ...NOTHING_SAID, filename } : NOTHING_SAID",
      "status === 'rejected' ? { ...NOTHING_SAID, ...(filename === '' && { filename }) } : NOTHING_SAID",
    ],
  ]),
  ...breakagesOf('image-repository/sqlite/sqlite.ts', [
    [
      'lists by tag do not follow a PATCH',
      'updateTags(from, to, n);\n',
      'if (from.status !== to.status) updateTags(from, to, n);\n',
    ],
  ]),
  ...breakagesOf('operations/images/read-image.ts', [
    [
      'a wait goes on after the image is settled',
      "if (image.status !== 'pending' || leftMs <= 0 ||",
      'if (leftMs <= 0 ||',
    ],
    [
      'a deleted image is still there',
      'if (image && isLive(image)) return image;',
      "if (image && image.status !== 'trashed') return image as LiveImage;",
    ],
    [
      'bytes of rejected images are nobody’s: 404',
      "throw new AppError('image-not-ready'",
      "throw new AppError('image-not-found'",
    ],
  ]),
  ...breakagesOf('operations/uploads/finalize-on-request.ts', [
    [
      'complete hides why bytes were refused',
      'throw new AppError(image.rejection.code, image.rejection.detail)',
      "throw new AppError('image-not-ready', image.rejection.detail)",
    ],
  ]),
  ...breakagesOf('http/answers/image-json.ts', [
    ['the reason of a rejection is lost', "...(image.status === 'rejected' && { rejection: image.rejection }),", ''],
    ['width and height are swapped', 'width: published?.width ?? null', 'width: published?.height ?? null'],
    ['created_at is not the time of the id', 'isoTime(createdAt(image.id))', 'isoTime(image.updatedAt)'],
    ['metadata of the client is lost', 'metadata: image.metadata,', 'metadata: {},'],
    ['s3_url has no bucket', 's3://$', 's3:///$'],
    ['there is no placeholder', 'published?.placeholder ?? null', 'null'],
  ]),
  ...breakagesOf('operations/images/delete-image.ts', [
    ['deleted bytes stay', 'delete([image.objectKey, incoming])', 'delete([incoming])'],
    ["another user's image can be deleted", 'requireChange(principal, image);', ''],
    [
      'a deleted image can be deleted again',
      "if (!image || image.status === 'deleted' || !canRead",
      "if (image?.status === 'deleted') return;\n    if (!image || !canRead",
    ],
  ]),
];
