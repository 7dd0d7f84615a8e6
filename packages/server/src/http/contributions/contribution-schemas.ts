import * as z from 'zod';
import { changeQuery, EXAMPLE_HELD_IMAGE, image } from '../images/image-schemas.ts';
import { closedObject, contentType, filename, got, line, sha256 } from '../request/fields.ts';
import { EXAMPLE_ID } from '../request/path-parts.ts';

/** Characters. */
const MAX_NAME_LENGTH = 100;

const name = line('a name', MAX_NAME_LENGTH)
  .refine((value) => !/\p{Bidi_Control}/u.test(value), got('expected no bidirectional control characters'))
  .meta({ minLength: 1, maxLength: MAX_NAME_LENGTH, examples: ['Anna'] });

/** In JSON a null field counts as absent. */
export const grantContributionBody = closedObject({
  content_type: contentType,
  filename: filename.nullish(),
  size: z
    .int('expected the size in bytes, a whole number')
    .min(1, got('expected at least 1 byte'))
    .meta({ description: 'The exact size in bytes: the URL accepts no other, and no more is reserved.' }),
  sha256: sha256.nullish().meta({ description: 'Hex or base64; the URL then accepts no other bytes.' }),
  name: name.nullish().meta({ description: 'How the guest calls itself. The owner sees it beside the picture.' }),
});

export const contribution = z
  .object({
    image_id: z.uuid(),
    status: image.shape.status.meta({
      description: '`ready`: in the album. `held`: its owner, or a gate of the service, has yet to decide.',
    }),
    rejection: image.shape.rejection,
  })
  .meta({ id: 'Contribution', description: 'An upload as the guest sees it who made it.' });

export const contributionRemoval = z
  .object({ image_id: z.uuid(), status: z.literal('deleted') })
  .meta({ id: 'ContributionRemoval' });

export const contributionsQuery = changeQuery.extend({
  cursor: z.string('expected one cursor').optional().meta({ description: "The previous page's next_cursor." }),
});

export const contributionList = z
  .object({
    count: z.int().meta({ description: 'The number of images in this page, which may be 0 before the last one.' }),
    images: z.array(image),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: 'ContributionList' });

export const decideContributionBody = closedObject({
  verdict: z
    .enum(['pass', 'refuse'], got('expected pass or refuse'))
    .meta({ description: '`pass`: into the album. `refuse`: rejected, and its bytes are removed.' }),
});

export const contributionDecision = z
  .object({ image_id: z.uuid(), status: image.shape.status })
  .meta({ id: 'ContributionDecision' });

export const EXAMPLE_CONTRIBUTION = { image_id: EXAMPLE_ID, status: 'ready' };

export const EXAMPLE_CONTRIBUTIONS = { count: 1, images: [EXAMPLE_HELD_IMAGE], next_cursor: null };
