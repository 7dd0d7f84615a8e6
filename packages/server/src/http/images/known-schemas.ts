import * as z from 'zod';
import { KNOWN_STATUSES } from '../../domain/lists/known-bytes.ts';
import { batchOf, closedObject, sha256, userId } from '../request/fields.ts';

const MAX_DIGESTS = 1_000;

export const knownBody = closedObject({
  user_id: userId.nullish(),
  sha256: batchOf('SHA-256', sha256, MAX_DIGESTS).meta({
    type: 'array',
    minItems: 1,
    maxItems: MAX_DIGESTS,
    items: { type: 'string' },
    description: 'Of the bytes, in hex or base64.',
  }),
});

export const knownList = z
  .object({
    count: z.int().meta({ description: 'How many of the digests are known.' }),
    images: z.array(z.object({ sha256: z.string(), image_id: z.string(), status: z.enum(KNOWN_STATUSES) })),
  })
  .meta({ id: 'KnownList' });
