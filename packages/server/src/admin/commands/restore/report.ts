import type { Manifest } from '../../archive/backup/manifest.ts';
import type { RestoreReport } from '../../backups/restore-backup.ts';
import { inBytes } from '../backup/words.ts';

export const reportJson = ({ id, recordsAt }: Manifest, report: RestoreReport) => ({
  backup: id,
  records_at: recordsAt,
  images: report.images,
  bytes: report.bytes,
  already_there: report.alreadyThere,
  keys: report.keys,
  limits: report.limits,
  albums: report.albums,
  token_counts: report.tokenCounts,
  webhooks: report.webhooks,
  erasures: report.erasures,
  foreign_erasures: report.foreignErasures,
  erased: report.erased,
  left_out: report.leftOut,
  unread: report.unread,
  secret: report.secret,
  kept: report.kept.map(({ id: image_id, status }) => ({ image_id, status })),
  kept_count: report.keptCount,
  damaged: report.damaged.map(({ id: image_id, detail }) => ({ image_id, detail })),
  damaged_count: report.damagedCount,
  without_external_id: report.withoutExternalId,
  without_external_id_count: report.withoutExternalIdCount,
  unknown: report.unknown,
});

/** For a person. */
export function reportText({ id, recordsAt }: Manifest, report: RestoreReport): string {
  const { images, bytes, alreadyThere, albums, keys, limits, tokenCounts, webhooks, erasures, erased, leftOut } =
    report;
  return [
    `Restored of the backup ${id}, with the records of ${recordsAt}: ${images} images (${inBytes(bytes)}), ${albums} albums, ${keys} API keys, ${limits} limits, ${tokenCounts} counts of upload tokens, ${erasures} erasures`,
    ...(webhooks > 0 ? [`Webhooks, which are paused until an admin resumes them: ${webhooks}`] : []),
    ...(alreadyThere > 0 ? [`Already there, as in the backup: ${alreadyThere} images`] : []),
    ...(erased > 0 ? [`Not brought back, because of an erasure: ${erased} images`] : []),
    ...(report.foreignErasures > 0
      ? [
          `Erasures by another key than the one here, applied but not kept: ${report.foreignErasures}. Repeat user delete for these persons: the service doesn't block them, and its backups to other targets don't know them`,
        ]
      : []),
    ...(leftOut > 0 ? [`Deleted while the backup was made: ${leftOut} images`] : []),
    ...report.kept.map(({ id: image, status }) => `kept: ${image} has another record here (${status}), which stays`),
    ...more(report.keptCount - report.kept.length, 'kept'),
    ...report.damaged.map(({ id: image, detail }) => `damaged: ${image}: ${detail}`),
    ...more(report.damagedCount - report.damaged.length, 'damaged'),
    ...report.withoutExternalId.map(
      (image) => `restored without its external_id or former id: ${image}, because another image has it`,
    ),
    ...more(report.withoutExternalIdCount - report.withoutExternalId.length, 'such'),
    ...report.unknown.map((image) => `unknown: ${image} is not in the backup`),
  ].join('\n');
}

const more = (count: number, what: string): readonly string[] =>
  count > 0 ? [`and ${count} more ${what} images`] : [];
