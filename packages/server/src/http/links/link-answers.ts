import * as z from 'zod';
import { EXAMPLE_ID, EXAMPLE_LINK_ID } from '../request/path-parts.ts';

export const shareLink = z
  .object({
    link_id: z.string(),
    url: z.url().meta({ description: 'Anyone may open it. With `&download=true` the bytes are saved as a file.' }),
    what: z.enum(['original', 'preset']),
    preset: z.string().nullable().meta({ description: 'null: the link opens the original.' }),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: 'ShareLink' });

export const shareLinkList = z
  .object({ count: z.int().meta({ description: 'The number of links.' }), links: z.array(shareLink) })
  .meta({ id: 'ShareLinkList' });

export const linkRevocation = z
  .object({ link_id: z.string(), status: z.literal('revoked') })
  .meta({ id: 'LinkRevocation' });

export const urlRevocation = z
  .object({ image_id: z.uuid(), revoked_at: z.iso.datetime() })
  .meta({ id: 'UrlRevocation' });

export const EXAMPLE_LINK = {
  link_id: EXAMPLE_LINK_ID,
  url: `http://127.0.0.1:8000/images/${EXAMPLE_ID}/links/${EXAMPLE_LINK_ID}?exp=1770465600&kid=1f0c9d2e&sig=...`,
  what: 'preset',
  preset: 'medium',
  created_at: '2026-01-31T12:00:00.000Z',
  expires_at: '2026-02-07T12:00:00.000Z',
};
