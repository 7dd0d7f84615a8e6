import * as z from 'zod';
import { EXAMPLE_ID } from '../request/path-parts.ts';

export const renditionDownload = z
  .object({
    download_url: z.url(),
    expires_at: z.iso.datetime(),
    content_type: z.string(),
    size: z.int().meta({ description: 'Bytes.' }),
  })
  .meta({ id: 'RenditionDownload' });

export const purge = z
  .object({ image_id: z.uuid(), removed: z.int().meta({ description: 'The number of removed renditions.' }) })
  .meta({ id: 'Purge' });

export const renderLink = z
  .object({
    image_id: z.uuid(),
    url: z.url(),
    expires_at: z.iso.datetime().nullable().meta({ description: 'null: the URL never expires.' }),
  })
  .meta({ id: 'RenderLink' });

export const EXAMPLE_RENDITION_URL = `http://127.0.0.1:8000/objects/safelight/renditions/1c8e/${EXAMPLE_ID}/preset/5d0f7f9b6c1e4a83b2d47c90e81fa365?X-Amz-Signature=...`;

export const EXAMPLE_RENDER_URL = `http://127.0.0.1:8000/images/${EXAMPLE_ID}/render?w=512&h=300&fit=cover&exp=1769864400&kid=1f0c9d2e&sig=...`;
