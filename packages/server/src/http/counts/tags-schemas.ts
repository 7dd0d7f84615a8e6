import * as z from 'zod';
import { MAX_COUNTED } from '../../domain/lists/tags.ts';
import { tagPrefix, userId } from '../request/fields.ts';

export const tagsQuery = z.object({
  user_id: userId.optional(),
  prefix: tagPrefix.optional().meta({ description: 'How the tags begin, with case.' }),
});

export const tagList = z
  .object({
    count: z.int().meta({ description: 'The number of tags in this answer.' }),
    tags: z.array(
      z.object({
        tag: z.string(),
        images: z.int().min(1).max(MAX_COUNTED),
        more: z.boolean().meta({ description: 'More images have it than `images` says.' }),
      }),
    ),
  })
  .meta({ id: 'TagList' });
