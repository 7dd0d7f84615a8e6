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

/** A user id in a path. */
export const userInPath = z.object({ user_id: userId });
