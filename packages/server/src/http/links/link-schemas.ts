import * as z from 'zod';
import { preview } from '../../text/preview.ts';
import { booleanParameter, closedObject, got, shortText, wholeNumber } from '../request/fields.ts';
import { EXAMPLE_ID, EXAMPLE_LINK_ID } from '../request/path-parts.ts';

/** A shorter link expires before anyone opens it. */
const MIN_SECONDS = 60;
/** A year, as for the URL of a render. */
const MAX_SECONDS = 31_536_000;
/** A week. */
export const DEFAULT_LINK_SECONDS = 604_800;

/** Characters. The name of a preset has at most 32. */
const MAX_PRESET_LENGTH = 64;

/** Until a link of an image or of an album expires. */
export const linkSeconds = wholeNumber(`expected a whole number of seconds from ${MIN_SECONDS} to ${MAX_SECONDS}`, {
  min: MIN_SECONDS,
  max: MAX_SECONDS,
});

export const createLinkBody = closedObject({
  what: z.enum(['original', 'preset'], got('expected original or preset')),
  preset: shortText('expected the name of a preset as text', MAX_PRESET_LENGTH)
    .nullish()
    .meta({ description: 'The name of a preset, only with `what: "preset"`.', examples: ['medium'] }),
  expires_in: linkSeconds.default(DEFAULT_LINK_SECONDS).meta({ description: 'Seconds until the link expires.' }),
}).superRefine(({ what, preset }, context) => {
  const isGiven = preset !== undefined && preset !== null;
  if (isGiven === (what === 'preset')) return;
  const expected = what === 'preset' ? 'the name of a preset' : 'no preset, since the link opens the original';
  const message = `expected ${expected}; got ${isGiven ? preview(preset) : 'none'}`;
  context.addIssue({ code: 'custom', path: ['preset'], message });
});

export const openLinkQuery = z.object({
  epoch: z.string().optional().meta({ description: "The image's epoch when the link was signed. Absent: 0." }),
  exp: z.string().meta({ description: 'The expiry of the link, in seconds since 1970.' }),
  kid: z.string().meta({ description: 'The id of the signing key.' }),
  sig: z.string().meta({ description: 'The signature: HMAC-SHA256 of image, link, epoch and expiry.' }),
  download: booleanParameter
    .optional()
    .meta({ description: 'true: the browser saves the bytes under the filename of the image.' }),
  format: z
    .literal('jpeg', got('expected jpeg'))
    .optional()
    .meta({ description: 'A HEIC or TIFF original as a JPEG of its own size, because few browsers show these.' }),
});

export const shareLink = z
  .object({
    link_id: z.string(),
    url: z.url().meta({ description: 'Anyone may open it. With `&download=true` the bytes are saved as a file.' }),
    page_url: z
      .url()
      .meta({ description: 'A page with the picture, its name and a download, which ends with the link.' }),
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
  page_url: `http://127.0.0.1:8000/s/${EXAMPLE_ID}/${EXAMPLE_LINK_ID}?exp=1770465600&kid=1f0c9d2e&sig=...`,
  what: 'preset',
  preset: 'medium',
  created_at: '2026-01-31T12:00:00.000Z',
  expires_at: '2026-02-07T12:00:00.000Z',
};
