import { requireList, seesEveryone, userOf, viewOf } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import { AppError, invalidField } from '../../domain/errors.ts';
import { type MonthCount, parseMonth } from '../../domain/lists/months.ts';
import type { Services } from '../../services.ts';
import { requireOrderByCapture } from '../images/order-by-capture.ts';

export interface FindMonthsInput {
  readonly userId: string | undefined;
  /** 1 to 1,000. */
  readonly limit: number;
  readonly cursor: string | undefined;
}

export interface FoundMonths {
  readonly months: readonly MonthCount[];
  readonly nextCursor: string | null;
}

/**
 * How many ready images were taken in each month that has some, the latest first; exact, as of the last resolved write.
 * A cursor is the last month, not sealed: it says nothing else. Errors: `missing-scope`, `invalid-cursor`,
 * `invalid-request` if no user is named and the credential acts for some only, or the store counts each user only;
 * `forbidden` for a view token without metadata; `unavailable` without an order by capture.
 */
export async function findMonths(
  services: Pick<Services, 'images' | 'settings'>,
  access: Access,
  { userId, limit, cursor }: FindMonthsInput,
): Promise<FoundMonths> {
  requireList(access, 'ready');
  const owner = ownerOf(access, userId);
  await requireOrderByCapture(services, owner);
  const before = cursor === undefined ? undefined : opened(cursor);
  const found = await services.images.months({ userId: owner, before, limit: limit + 1 });
  const months = found.slice(0, limit);
  const last = found.length > limit ? months.at(-1) : undefined;
  return { months, nextCursor: last ? Buffer.from(last.month).toString('base64url') : null };
}

/** undefined: all owners. */
function ownerOf(access: Access, userId: string | undefined): string | undefined {
  if (access.principal.kind === 'open') return userId;
  const view = viewOf(access);
  if (view && !view.showsMetadata)
    throw new AppError('forbidden', 'expected a view token that shows metadata; got one that shows none');
  const owner = view?.userId ?? userOf(access);
  if (owner !== null) return owner;
  if (seesEveryone(access)) return undefined;
  const detail = 'expected a user, since this credential acts for some users only; got none';
  throw invalidField('?user_id', detail, { reason: 'no-user' });
}

function opened(cursor: string) {
  const month = parseMonth(Buffer.from(cursor, 'base64url').toString('latin1'));
  if (month && Buffer.from(month).toString('base64url') === cursor) return month;
  throw new AppError('invalid-cursor', 'expected the next_cursor of the previous page; got another text');
}
