import * as z from 'zod';
import { SCOPES } from '../../domain/access/principal.ts';
import { EXAMPLE_KEY_ID } from '../request/path-parts.ts';

export const apiKey = z
  .object({
    key_id: z.string(),
    name: z.string(),
    owner: z.string().nullable(),
    acts_as: z
      .array(z.string())
      .readonly()
      .nullable()
      .meta({ description: '`["*"]`: everyone. null: it is no service.' }),
    scopes: z.array(z.enum(SCOPES)).readonly(),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime().nullable(),
    last_used_at: z.iso.datetime().nullable().meta({ description: 'To the hour; null: never.' }),
    revoked_at: z.iso.datetime().nullable(),
    replaces: z.string().optional().meta({ description: 'The id of its predecessor; absent if it has none.' }),
  })
  .meta({ id: 'ApiKey' });

export const createdApiKey = apiKey
  .extend({
    key: z.string().meta({ description: 'The credential, for `Authorization: Bearer`. It is never shown again.' }),
  })
  .meta({ id: 'CreatedApiKey' });

export const keyList = z
  .object({
    count: z.int().meta({ description: 'The number of keys on this page.' }),
    keys: z.array(apiKey),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: 'ApiKeyList' });

export const keyRevocation = z
  .object({ key_id: z.string(), revoked_at: z.iso.datetime() })
  .meta({ id: 'KeyRevocation' });

/** No key of any service: its checksum is wrong. */
export const EXAMPLE_KEY_TEXT = `safelight_${EXAMPLE_KEY_ID}_${'x'.repeat(43)}000000`;

export const EXAMPLE_KEY = {
  key_id: EXAMPLE_KEY_ID,
  name: 'backend of the shop',
  owner: null,
  acts_as: ['*'],
  scopes: ['images:read', 'images:write'],
  created_at: '2026-01-31T12:00:00.000Z',
  expires_at: null,
  last_used_at: '2026-01-31T12:34:56.000Z',
  revoked_at: null,
};
