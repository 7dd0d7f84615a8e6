import { breakagesOf } from './breakage.ts';

export const TRASH = [
  ...breakagesOf('operations/images/trash-image.ts', [
    ['a repeated call moves purge_at on', "if (image.status === 'trashed') return image;", ''],
    [
      'trash deletes',
      'const trashed = trash(image, now, purgedAt(now, services.settings.trashDays));',
      'const trashed = trash(image, now, now);',
    ],
  ]),
  ...breakagesOf('http/service/service-json.ts', [
    ['GET / says that there is no trash', 'trash_days: trashDays', 'trash_days: 0'],
  ]),
  ...breakagesOf('operations/images/restore-image.ts', [
    ["another user's image can be restored", 'requireChange(access, image);', ''],
  ]),
  ...breakagesOf('operations/images/may-serve-object.ts', [
    [
      'presigned URLs of a trashed image work on disk',
      "return (await images.get(stored.imageId))?.status === 'ready';",
      'return images !== undefined;',
    ],
  ]),
  ...breakagesOf('operations/images/visible-image.ts', [
    [
      "another user's image can be trashed",
      "=== 'deleted') throw imageNotFound();\n  requireChange(access, image);",
      "=== 'deleted') throw imageNotFound();",
    ],
    ['a deleted image is 409', "if (!image || image.status === 'deleted') throw", 'if (!image) throw'],
    [
      'a trashed image is read by its id',
      'if (image && isLive(image)) return image;',
      "if (image && image.status !== 'deleted') return image as LiveImage;",
    ],
  ]),
  ...breakagesOf('operations/images/visible-image.ts', [
    [
      'a ready image is shown as one in the trash',
      "if (image?.status === 'trashed') return image;",
      "if (image && image.status !== 'deleted') return image as unknown as TrashedImage;",
    ],
  ]),
  ...breakagesOf('http/answers/rendition-answer.ts', [
    [
      'caches keep pictures of the trash',
      'servableOf(rendition, renditionFilename(name, rendition), UNCACHED)',
      "servableOf(rendition, renditionFilename(name, rendition), { 'cache-control': 'private, no-cache' })",
    ],
  ]),
  ...breakagesOf('operations/renditions/make-renditions.ts', [
    [
      'a preset of a trashed image is shown only if it was stored before',
      'if (await isAsBefore(services, image)) return stored;',
      "if (image.status === 'ready' && (await isAsBefore(services, image))) return stored;",
    ],
  ]),
  ...breakagesOf('http/renditions/renditions.ts', [
    ['the trash is not asked for', 'if (trashed) return ofTrashed(c, services);', ''],
  ]),
  ...breakagesOf('operations/images/update-image.ts', [
    ['a trashed image takes a PATCH', '{ changeableImage }', '{ changeableOrTrashedImage as changeableImage }'],
  ]),
  ...breakagesOf('operations/renditions/link-to-render.ts', [
    ['a trashed image gets signed URLs', '{ visibleImage }', '{ changeableOrTrashedImage as visibleImage }'],
  ]),
  ...breakagesOf('operations/uploads/finalize-on-request.ts', [
    [
      'complete of a trashed image is 409',
      'const found = await changeableImage(services, access, id);',
      "const found = await changeableImage(services, access, id).catch(() => { throw new AppError('image-not-ready', id); });",
    ],
  ]),
  ...breakagesOf('operations/images/delete-image.ts', [
    [
      'a trashed image is not deleted',
      '{ changeableOrTrashedImage }',
      '{ changeableImage as changeableOrTrashedImage }',
    ],
  ]),
  ...breakagesOf('domain/image/image.ts', [
    [
      'restoring is a new upload',
      "return { ...published, ...next(image, at), status: 'ready' };",
      "return { ...published, ...next(image, at), status: 'ready', uploadedAt: at };",
    ],
    [
      'restoring loses the tags',
      "return { ...published, ...next(image, at), status: 'ready' };",
      "return { ...published, ...next(image, at), status: 'ready', tags: [] };",
    ],
  ]),
  ...breakagesOf('records/images/sqlite/record-writes.ts', [
    [
      'a trashed image stays in lists by tag',
      "(image?.status === 'ready' ? image.tags : [])",
      "(image?.status === 'ready' || image?.status === 'trashed' ? image.tags : [])",
    ],
  ]),
  ...breakagesOf('http/images/image-json.ts', [
    ['a trashed image has no purge_at', "...(image.status === 'trashed' && { purge_at: isoTime(image.purgeAt) }),", ''],
    [
      'a repeated upload tells all of a trashed image',
      "return image.status === 'trashed' ? trashedJson(image) : imageJson(image, view);",
      'return imageJson(image, view);',
    ],
    [
      'a repeated upload to POST /images tells all of a trashed image',
      '? { ...imageJson(tombstone(image, image.updatedAt), view), ...trashedJson(image), revision: image.revision }',
      '? imageJson(image, view)',
    ],
    [
      'a trashed image has URLs of renditions',
      'renditions: ready ? renditionUrls(ready, view) : null,',
      'renditions: published ? renditionUrls(published as ReadyImage, view) : null,',
    ],
  ]),
  ...breakagesOf('http/images/image-batches.ts', [
    [
      'a batch deletes instead of trashing',
      'await trashImages(services, access, ids), ({ status, purgeAt }) => ({\n          status,\n          purge_at: isoTime(purgeAt),\n        })',
      "await deleteImages(services, access, ids), () => ({\n          status: 'trashed',\n        })",
    ],
    ['a batch does not say when it purges', '        purge_at: isoTime(purgeAt),\n', ''],
  ]),
];
