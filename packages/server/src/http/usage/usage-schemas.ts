import * as z from 'zod';
import type { Limits } from '../../domain/usage/quota.ts';
import { closedObject, got, listPage, recordedUserId, userId } from '../request/fields.ts';

export const usageQuery = z.object({ user_id: userId.optional() });

export const usersQuery = z.object({
  ...listPage,
});

const EXPECTED_AMOUNT = 'expected a whole number from 0, or null for no limit';

/** All three are required, so that none is changed by being forgotten. */
const amount = (of: string) =>
  z
    .int(EXPECTED_AMOUNT)
    .min(0, got(EXPECTED_AMOUNT))
    .nullable()
    .meta({ description: `The most ${of}; null: no limit.` });

export const limitsBody = closedObject({
  bytes: amount('stored and reserved bytes'),
  images: amount('stored and pending images'),
  pending: amount('pending uploads'),
}) satisfies z.ZodType<Limits>;

/** A user on a command line. */
export const limitedUser = z.object({ user_id: recordedUserId });

const shownAmount = (of: string) =>
  z
    .int()
    .nullable()
    .meta({ description: `The most ${of}; null: no limit.` });

export const userUsage = z
  .object({
    user_id: z.string(),
    bytes: z.int().meta({ description: 'Of stored originals, also of trashed ones.' }),
    images: z.int().meta({ description: 'Ready and trashed ones.' }),
    pending: z.int().meta({ description: 'Uploads that were granted and are undecided.' }),
    reserved_bytes: z.int().meta({ description: 'The most that the pending uploads may store.' }),
    trashed_bytes: z.int().meta({ description: 'The part of `bytes` that is in the trash.' }),
    limits: z.object({
      bytes: shownAmount('stored and reserved bytes'),
      images: shownAmount('stored and pending images'),
      pending: shownAmount('pending uploads'),
    }),
  })
  .meta({ id: 'Usage' });

export const ownerUsage = userUsage
  .extend({ has_own_limits: z.boolean().meta({ description: 'false: they are the configured ones.' }) })
  .meta({ id: 'UserUsage' });

export const ownerUsageList = z
  .object({
    count: z.int().meta({ description: 'The number of users on this page.' }),
    users: z.array(ownerUsage),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: 'UserUsageList' });

export const EXAMPLE_USAGE = {
  user_id: 'user123',
  bytes: 964_266,
  images: 2,
  pending: 1,
  reserved_bytes: 52_428_800,
  trashed_bytes: 482_133,
  limits: { bytes: 5_000_000_000, images: null, pending: 1_000 },
};

export const EXAMPLE_OWNER = { ...EXAMPLE_USAGE, has_own_limits: true };
