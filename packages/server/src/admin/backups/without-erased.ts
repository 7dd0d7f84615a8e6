import type { Erased } from '../../domain/user/erased.ts';
import type { ArchivedRecord } from '../../records/archive/record-archive.ts';

export type OtherRecord = Exclude<ArchivedRecord, { readonly kind: 'image' }>;

/**
 * The record without users who must not come back; null: nothing is left of it. `recordsAt`: when the backup read its
 * records.
 */
export function withoutErased(record: OtherRecord, erased: Erased, recordsAt: Date): OtherRecord | null {
  switch (record.kind) {
    case 'album':
      return erased.hasUser(record.album.userId, recordsAt) ? null : record;
    case 'limits':
      return erased.hasUser(record.userId, recordsAt) ? null : record;
    case 'webhook': {
      const { userId } = record.webhook;
      return userId !== null && erased.hasUser(userId, recordsAt) ? null : record;
    }
    case 'revocation': {
      const { userId } = record.revocation;
      return userId !== null && erased.hasUser(userId, recordsAt) ? null : record;
    }
    case 'key': {
      const key = erased.leftOfKey(record.key);
      return key && (key === record.key ? record : { kind: 'key', key });
    }
    case 'token-count':
    case 'erasure':
    case 'erasure-key':
      return record;
  }
}
