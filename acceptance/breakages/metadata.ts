import { breakagesOf } from './breakage.ts';

export const METADATA = [
  ...breakagesOf('http/images/image-answer.ts', [
    ['the ETag of metadata is constant', 'entityTag: imageTag(image, text)', 'entityTag: \'"1"\''],
  ]),
  ...breakagesOf('http/images/metadata.ts', [
    ['PATCH ignores If-Match', 'expectedRevisions: revisions', 'expectedRevisions: undefined'],
    ['?wait is ignored', 'waitSeconds: wait', 'waitSeconds: 0'],
    ['PATCH cannot clear a description', '...(description !== undefined &&', '...(description != null &&'],
    [
      'PATCH clears metadata that is absent',
      '...(metadata !== undefined && { metadata: metadata ?? {} })',
      'metadata: metadata ?? {}',
    ],
    ['PATCH ignores the filename', '...(filename !== undefined && { filename }),', ''],
  ]),
  ...breakagesOf('http/request/if-match.ts', [
    [
      'a malformed If-Match is taken for a stale one',
      'if (!ENTITY_TAGS.test(ifMatch.trim()))',
      'if (ifMatch.length < 0)',
    ],
    ['If-Match does not accept a revision alone', '(?:\\.[\\da-f]+)?"$/', '\\.[\\da-f]+"$/'],
    ['If-Match does not accept the ETag of the service', '(?:\\.[\\da-f]+)?"$/', '"$/'],
  ]),
  ...breakagesOf('http/images/image-schemas.ts', [
    [
      'PATCH ignores unknown and immutable fields',
      'export const changeBody = closedObject(',
      'export const changeBody = z.object(',
    ],
    ['a wait of 21 seconds is accepted', 'Number(value) <= 20, got', 'Number(value) <= 21, got'],
  ]),
  ...breakagesOf('operations/images/update-image.ts', [
    [
      'several concurrent PATCHes with one revision succeed',
      'if (expectedRevisions && !expectedRevisions.includes(image.revision))',
      'if (expectedRevisions && !expectedRevisions.some((one) => one >= image.revision - 1))',
    ],
    ["another user's image can be changed", '{ changeableImage }', '{ visibleImage as changeableImage }'],
    ['a rejected image can be changed', "if (image.status === 'rejected' ||", 'if ('],
    [
      'a deleted image can be changed',
      'await changeableImage(services, access, id)',
      'await services.images.get(id as never).then((one) => one?.status === "deleted" ? one as never : changeableImage(services, access, id))',
    ],
  ]),
  ...breakagesOf('domain/image/image.ts', [
    [
      'PATCH makes no new revision',
      '...changes, updatedAt: at, revision: image.revision + 1 }',
      '...changes, updatedAt: at, revision: image.revision }',
    ],
    ['PATCH does not change updated_at', '...changes, updatedAt: at, revision', '...changes, revision'],
    [
      'a rejected image keeps its tags and description',
      "status === 'rejected' ? { ...NOTHING_SAID, filename } : NOTHING_SAID",
      "status === 'rejected' ? {} as UploadDescription : NOTHING_SAID",
    ],
    [
      'a rejected image loses its filename',
      "status === 'rejected' ? { ...NOTHING_SAID, filename } : NOTHING_SAID",
      "status === 'rejected' ? { ...NOTHING_SAID, ...(filename === '' && { filename }) } : NOTHING_SAID",
    ],
  ]),
  ...breakagesOf('records/images/sqlite/record-writes.ts', [
    [
      'PATCH does not change lists by tag',
      'const after = listedTags(to);',
      'const after = from?.status === to.status ? before : listedTags(to);',
    ],
  ]),
  ...breakagesOf('operations/images/visible-image.ts', [
    [
      'a deleted image can be read',
      'if (image && isLive(image)) return image;',
      "if (image && image.status !== 'trashed') return image as LiveImage;",
    ],
    [
      "another user's image can be deleted",
      "=== 'deleted') throw imageNotFound();\n  requireChange(access, image);",
      "=== 'deleted') throw imageNotFound();",
    ],
    ['a deleted image can be deleted again', "if (!image || image.status === 'deleted') throw", 'if (!image) throw'],
  ]),
  ...breakagesOf('operations/images/read-image.ts', [
    [
      'a wait continues after the image is ready',
      "if (image.status !== 'pending' || leftMs <= 0 ||",
      'if (leftMs <= 0 ||',
    ],
    [
      'bytes of an image that is not ready are 404',
      "throw new AppError('image-not-ready'",
      "throw new AppError('image-not-found'",
    ],
  ]),
  ...breakagesOf('operations/uploads/finalize-on-request.ts', [
    [
      'complete does not answer the code of the rejection',
      'throw rejected(image.rejection)',
      "throw new AppError('image-not-ready', image.rejection.detail)",
    ],
    ['anybody may complete an upload in open mode', '{ changeableImage }', '{ visibleImage as changeableImage }'],
  ]),
  ...breakagesOf('http/images/image-json.ts', [
    [
      'the JSON of a rejected image has no rejection',
      "...(image.status === 'rejected' && { rejection: image.rejection }),",
      '',
    ],
    ['width and height are swapped', 'width: stored?.width ?? null', 'width: stored?.height ?? null'],
    ['created_at is not the time of the id', 'isoTime(createdAt(image.id))', 'isoTime(image.updatedAt)'],
    ['the JSON has no metadata of the client', 'metadata: image.metadata,', 'metadata: {},'],
    ['s3_url has no bucket', 's3://$', 's3:///$'],
    ['the placeholder is missing', 'published?.placeholder ?? null', 'null'],
  ]),
];
