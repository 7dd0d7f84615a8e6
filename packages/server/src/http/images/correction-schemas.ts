import * as z from 'zod';
import { namesZone, parseAskedClock } from '../../domain/facts/asked-clock.ts';
import { parsePosition } from '../../domain/facts/position.ts';
import { preview } from '../../text/preview.ts';
import { closedObject, got, shortText } from '../request/fields.ts';

/** The longest has 23; a longer one with a zone is told why it is refused. */
const MAX_CLOCK_LENGTH = 64;
const EXPECTED_CLOCK =
  "expected a date or a time as the picture's clock showed it, from the year 1 to 9999, as 2019-05-04 or 2019-05-04T10:00:00";
const EXPECTED_NO_ZONE =
  "expected a time without Z or an offset, as 2019-05-04T10:00:00, since it is what the picture's clock showed";

/** What a picture's clock showed, without a zone. */
export const wallClock = shortText(EXPECTED_CLOCK, MAX_CLOCK_LENGTH)
  .transform((text, context) => {
    const clock = parseAskedClock(text);
    if (clock) return clock;
    const expected = namesZone(text) ? EXPECTED_NO_ZONE : EXPECTED_CLOCK;
    context.addIssue({ code: 'custom', message: `${expected}; got ${preview(text)}` });
    return z.NEVER;
  })
  .meta({ type: 'string', maxLength: MAX_CLOCK_LENGTH, examples: ['2019-05-04T10:00:00'] });

export const takenAt = wallClock.nullable().meta({
  description:
    "What the picture's clock showed, without a zone, to the millisecond; a date alone is its first moment. It counts instead of what the picture says; null: the picture has no date.",
});

const degrees = (limit: number) => {
  const expected = `expected a number from -${limit} to ${limit}`;
  return z.number(expected).min(-limit, got(expected)).max(limit, got(expected));
};

export const position = closedObject(
  { latitude: degrees(90), longitude: degrees(180) },
  'expected an object with latitude and longitude',
)
  .transform((given, context) => {
    const found = parsePosition(given);
    if (found) return found;
    context.addIssue({ code: 'custom', message: 'expected a place; got 0, 0, which devices write that know none' });
    return z.NEVER;
  })
  .nullable()
  .meta({
    description:
      'Degrees (WGS 84), rounded to 7 decimals; north and east are positive. It counts instead of what the picture says; null: the picture has no position. Only `GET /images/{id}/facts` tells it.',
    examples: [{ latitude: 54.9079, longitude: 8.3023 }],
  });
