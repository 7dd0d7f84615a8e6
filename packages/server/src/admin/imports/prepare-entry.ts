import * as z from 'zod';
import type { FocalPoint } from '../../domain/image/focal-point.ts';
import { takenAt } from '../../http/images/correction-schemas.ts';
import { description, externalId, filename, metadata, tags, userId, visibility } from '../../http/request/fields.ts';
import { parse } from '../../http/request/validation.ts';
import { requireType } from '../../http/uploads/upload-fields.ts';
import type { ImportedImage } from '../../operations/imports/import-image.ts';
import type { SourceEntry } from './import-source.ts';

/** As the API takes them. */
const entryFields = z.object({
  user_id: userId,
  filename,
  tags: tags.optional(),
  description: description.nullish(),
  metadata: metadata.optional(),
  visibility: visibility.optional(),
  external_id: externalId.nullish(),
  taken_at: takenAt,
});

/** Types that say nothing about the bytes. */
const SAYING_NOTHING = ['application/octet-stream', 'binary/octet-stream'];

/** The entry as an image to import, at that time. Errors: `invalid-request` and `unsupported-type`. */
export function preparedImage(source: string, entry: SourceEntry, at: Date): ImportedImage {
  const { path, id, formerId, contentType, focalPoint, description: given, ours } = entry;
  const told = parse(
    entryFields,
    {
      ...{ user_id: entry.userId, filename: given.filename, tags: given.tags, description: given.description },
      ...{ metadata: given.metadata, visibility: given.visibility, external_id: given.externalId },
      taken_at: entry.takenAt,
    },
    'form',
  );
  return {
    ...{ source, path, at, id, formerId, focalPoint: focalPoint satisfies FocalPoint | null },
    userId: told.user_id,
    contentType:
      contentType === null || SAYING_NOTHING.includes(contentType) ? null : requireType(contentType, 'content_type'),
    description: {
      filename: told.filename,
      tags: told.tags ?? [],
      description: told.description ?? null,
      metadata: told.metadata ?? {},
      visibility: told.visibility ?? 'private',
      externalId: told.external_id ?? null,
    },
    corrections: ours?.corrections ?? (told.taken_at === null ? {} : { takenAt: told.taken_at }),
    ...(ours && { isTrashed: ours.isTrashed, albums: ours.albums }),
  };
}
