import * as z from 'zod';
import { closedObject, got, line, shortText } from '../request/fields.ts';

const MAX_GATE_LENGTH = 100;

/** A gate in a path. */
export const gateInPath = z.object({ gate: line('the name of a gate', MAX_GATE_LENGTH) });

/** The longest usual instant has 35 characters, with nanoseconds and an offset. */
const MAX_TIME_LENGTH = 64;
const EXPECTED_TIME = 'expected an ISO 8601 instant, as 2026-01-31T12:00:00Z';

export const rescanBody = closedObject({
  gate: line('the name of a gate', MAX_GATE_LENGTH).meta({ maxLength: MAX_GATE_LENGTH, examples: ['clamd'] }),
  before: shortText(EXPECTED_TIME, MAX_TIME_LENGTH)
    .pipe(z.iso.datetime({ offset: true, ...got(EXPECTED_TIME) }))
    .transform((value) => new Date(value))
    .nullish()
    .meta({
      format: 'date-time',
      description: 'Images are looked at that the gate has not seen since. Absent: now, so all of them.',
      examples: ['2026-01-31T12:00:00Z'],
    }),
});

export const dropGateBody = closedObject({
  cursor: z.string('expected one cursor').nullish().meta({ description: "The previous page's next_cursor." }),
});
