import * as z from 'zod';

const amount = (of: string) =>
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
      bytes: amount('stored and reserved bytes'),
      images: amount('stored and pending images'),
      pending: amount('pending uploads'),
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
