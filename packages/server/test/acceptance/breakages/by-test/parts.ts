import { caughtBy } from '../breakage.ts';

export const PARTS = [
  ...caughtBy('packages/server/test/uploads/parts.test.ts', [
    [
      'a URL outlives its upload in parts',
      'grant-parts.ts: presignPart',
      'Math.min(settings.presignedSeconds, secondsLeft)',
      'settings.presignedSeconds',
    ],
    [
      'an upload in the store is left by who lost the race',
      'grant-parts.ts: begin',
      'await multipart.abort({ key, uploadId })',
      'await Promise.resolve()',
    ],
    ['an upload in parts ends with its first hour', 'goesOn', 'received === 0 || ', ''],
    ['an upload in parts never ends', 'goesOn', 'received === 0 || image.expiresAt >= end', 'received === 0'],
    ['nobody looks after a client that dies', 'grantParts', 'await sendFinalize(services, current)', '[]'],
    [
      'the parts of a deleted image stay until the sweeper comes',
      'delete-image.ts: removeBytes',
      'await abortParts(services, image);',
      '',
    ],
    [
      'an upload that a record names is abandoned',
      'abandonedUpload',
      "image?.status === 'pending' && image.parts?.uploadId === uploadId",
      'false',
    ],
    ['a young upload is abandoned', 'abandoned-upload.ts: MIN_AGE_MS', '3_600_000', '0'],
    [
      'unfinished uploads of no record are never removed',
      'sweepUnfinished',
      'await services.multipart.abort(upload)',
      '[]',
    ],
    ['the last look ignores that all parts are there', 'takeLastLook', 'parts?.missing === 0', 'false'],
  ]),
  ...caughtBy('packages/server/test/uploads/parts-on-s3.ci.test.ts', [
    ['the parts of an expired upload stay for a while', 'takeLastLook', 'await abortParts(services, expired);', ''],
  ]),
  ...caughtBy('packages/server/test/uploads/parts-bounds.test.ts', [
    [
      'an upload in parts reserves nothing',
      'createUpload',
      'Math.min(input.sizeBytes ?? maxUploadBytes, maxBytes)',
      '0',
    ],
  ]),
  ...caughtBy('packages/server/src/object-store/disk/multipart.test.ts', [
    ['a part may be too short', 'createDiskMultipart', "if (written < length) return 'incomplete';", ''],
    ['a part may be too long', 'createDiskMultipart', 'written + chunk.byteLength > length', 'written > length'],
    [
      'a part is marked before its bytes are durable',
      'createDiskMultipart',
      'await onDisk(data.datasync());',
      'void onDisk(data.datasync());',
    ],
    ['a completion accepts missing parts', 'disk/multipart.ts: isWhole', '=== partCount(upload)', '> 0'],
    [
      'the mark of a part stays while it is sent again',
      'createDiskMultipart',
      'if (written === 0 && upload…MISSING));',
      '',
    ],
    ['an upload that is aborted while it is listed comes twice', 'listUnfinished', ' || listed.ids.has(uploadId)', ''],
  ]),
  ...caughtBy('packages/server/src/object-store/disk/part-writers.test.ts', [
    [
      'a completion doesn’t wait for running writers',
      'part-writers.ts: createPartWriters',
      'await Promise.all([…ended));',
      '',
    ],
    ['a part has two writers at once', 'part-writers.ts: createPartWriters', 'await before?.ended;', ''],
  ]),
  ...caughtBy('packages/server/src/object-store/endpoint/put-part.test.ts', [
    ['an upload with checksums takes a part without one', 'putPart', 'upload.checksums && !isHashed', 'false'],
  ]),
  ...caughtBy('packages/server/test/uploads/parts-steps.ci.test.ts', [
    [
      'parts that are an object already are lost',
      'finalizeUpload',
      'const isHere = head !== undefined ||',
      'const isHere =',
    ],
  ]),
  ...caughtBy('packages/server/test/records/former-parts.ci.test.ts', [
    ['the process of the version before changes uploads in parts', 'VERSIONED_IN_PARTS', "'8'", "'7'"],
  ]),
  ...caughtBy('packages/server/test/reconcile/reconcile.ci.test.ts', [
    [
      'reconcile doesn’t see abandoned uploads',
      'checkUpload',
      'return await abandonedUpload(services, upload)',
      'return undefined',
    ],
  ]),
];
