import { requireList, userOf, viewOf } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import { AppError, invalidField } from '../../domain/errors.ts';
import type { Status } from '../../domain/image/image.ts';
import { type CountedStatus, isCounted } from '../../domain/usage/status-counts.ts';
import type { Services } from '../../services.ts';
import { unseenStatus } from '../images/list-within.ts';

/** Images of one owner in one state. */
export interface CountedImages {
  readonly userId: string;
  readonly status: CountedStatus;
}

/**
 * The images that a list with `count_total` counts. Errors: `missing-scope`; `invalid-request` if no user is named, the
 * state or this service isn't counted, or the caller sees some images of the user only.
 */
export function requireCounted(
  { usage }: Pick<Services, 'usage'>,
  access: Access,
  { userId, status }: { readonly userId: string | undefined; readonly status: Status },
): CountedImages {
  requireList(access, status);
  const view = viewOf(access);
  if (view && status !== 'ready') throw unseenStatus(status);
  if (view && view.onlyTags.length > 0)
    throw refused('expected a list without count_total, since the view token has only_tags; got count_total');
  if (!isCounted(status))
    throw refused(
      `expected count_total with status pending, held, ready or trashed, since records of other images are removed by themselves; got ${status}`,
    );
  if (!usage.countsByStatus)
    throw refused(
      'expected a list without count_total, since this service counts no images (USAGE=off); got count_total',
    );
  const owner = ownerOf(access, userId);
  if (owner !== null) return { userId: owner, status };
  const detail = 'expected a user_id with count_total, since images are counted for each user; got none';
  throw invalidField('?user_id', detail, { reason: 'no-user' });
}

/** In open mode the filter alone names the owner, also another one than the header. */
const ownerOf = (access: Access, userId: string | undefined): string | null =>
  access.principal.kind === 'open' ? (userId ?? userOf(access)) : userOf(access);

const refused = (detail: string): AppError => invalidField('?count_total', detail);

/** An operator has to act first. */
const RETRY_AFTER_SECONDS = 300;

/** As of the last resolved write. Errors: `unavailable` until a recount by this version has ended. */
export async function countImages(
  { usage }: Pick<Services, 'usage'>,
  { userId, status }: CountedImages,
): Promise<number> {
  const { byStatus } = await usage.usageOf(userId);
  if (byStatus) return byStatus[status];
  const detail =
    'expected counts of all images; got counts of some, after an upgrade: an operator has to run quota reconcile';
  throw new AppError('unavailable', detail, { isExpected: true, retryAfterSeconds: RETRY_AFTER_SECONDS });
}
