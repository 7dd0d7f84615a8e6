import type { OwnerUsage } from '../../records/usage/usage-repository.ts';

export const usageJson = ({ userId, usage, limits }: OwnerUsage) => ({
  user_id: userId,
  bytes: usage.bytes,
  images: usage.images,
  pending: usage.pending,
  reserved_bytes: usage.reservedBytes,
  trashed_bytes: usage.trashedBytes,
  limits,
});

/** For admins, who change the limits. */
export const ownerJson = (owner: OwnerUsage) => ({ ...usageJson(owner), has_own_limits: owner.hasOwnLimits });
