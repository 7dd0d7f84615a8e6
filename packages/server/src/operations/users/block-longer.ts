import type { Deletion } from '../../domain/user/deletion.ts';
import type { DeletionServices } from './user-services.ts';

const DAY_MS = 86_400_000;
/** An open deletion is blocked for as long as this at least, so that few attempts store a longer block. */
const LEAST_LEFT_MS = DAY_MS / 2;

/**
 * The block outlasts the end of the deletion: a worker may remember a delivery of the user for as long as a retry
 * takes, and sends none of a blocked user that was erased.
 */
export const shortestBlock = ({ urlsEndAt }: Pick<Deletion, 'urlsEndAt'>): Date =>
  new Date(urlsEndAt.getTime() + DAY_MS);

/** The deletion, stored with a block until then, unless it has a longer one: an announced block is never shortened. */
export async function blockLonger(
  { erasures, newId }: Pick<DeletionServices, 'erasures' | 'newId'>,
  deletion: Deletion,
  blockedUntil: Date,
): Promise<Deletion> {
  const { userHash, startedAt } = deletion;
  if (blockedUntil <= deletion.blockedUntil) return deletion;
  await erasures.add({ id: newId(), userHash, imageIds: [], erasedAt: startedAt, blockedUntil });
  const longer = { ...deletion, blockedUntil };
  await erasures.putDeletion(longer);
  return longer;
}

/**
 * The open deletion, with a block that doesn't end before the next attempt: that one would delete what a user who came
 * back has uploaded.
 */
export function blockWhileOpen(
  services: Pick<DeletionServices, 'erasures' | 'newId' | 'clock'>,
  deletion: Deletion,
): Promise<Deletion> {
  const now = services.clock.now().getTime();
  const isLong = deletion.blockedUntil.getTime() - now > LEAST_LEFT_MS;
  return blockLonger(services, deletion, isLong ? deletion.blockedUntil : new Date(now + DAY_MS));
}
