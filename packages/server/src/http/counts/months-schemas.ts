import * as z from 'zod';
import { numberParameter, userId } from '../request/fields.ts';

/** The months of 83 years: a hostile owner may have every month of 9,999. */
const MAX_MONTHS = 1_000;

export const monthsQuery = z.object({
  user_id: userId.optional(),
  limit: numberParameter({ max: MAX_MONTHS, otherwise: MAX_MONTHS }),
  cursor: z.string('expected one cursor').optional().meta({ description: "The previous page's next_cursor." }),
});

export const monthList = z
  .object({
    count: z.int().meta({ description: 'The number of months on this page.' }),
    months: z.array(
      z.object({
        month: z.string().meta({ description: 'Of capture, as lists in that order have it.', examples: ['2024-07'] }),
        images: z.int().min(1),
      }),
    ),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: 'MonthList' });
