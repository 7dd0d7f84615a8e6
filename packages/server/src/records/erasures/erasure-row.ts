import type { Deletion } from '../../domain/user/deletion.ts';
import type { Erasure } from '../../domain/user/erasure.ts';
import type { Row } from '../images/image-row.ts';
import { deletionIn, idsIn, idsText } from './stored-deletion.ts';

/** In row order. */
export const ERASURE_COLUMNS = ['id', 'user_hash', 'erased_at', 'blocked_until', 'image_ids'] as const;

/** Erasures that are read at once: each has the ids of up to a thousand images. */
export const PAGE_ERASURES = 20;

export const cellsOf = ({ id, userHash, erasedAt, blockedUntil, imageIds }: Erasure): (string | number)[] => [
  id,
  userHash,
  erasedAt.getTime(),
  blockedUntil.getTime(),
  idsText(imageIds),
];

/** The erasure in a row of `ERASURE_COLUMNS`. Errors: TypeError. */
export const erasureOf = ([id, userHash, erasedAt, blockedUntil, imageIds]: Row): Erasure => ({
  id: String(id),
  userHash: String(userHash),
  erasedAt: new Date(Number(erasedAt)),
  blockedUntil: new Date(Number(blockedUntil)),
  imageIds: idsIn(String(imageIds)),
});

/** The deletion in a row of `user_hash` and `deletion`. Errors: TypeError. */
export const deletionOf = ([userHash, json]: Row): Deletion => deletionIn(String(userHash), String(json));
