import * as z from 'zod';
import { closedObject, line } from '../request/fields.ts';

const MAX_GATE_LENGTH = 100;

/** A gate in a path. */
export const gateInPath = z.object({ gate: line('the name of a gate', MAX_GATE_LENGTH) });

export const dropGateBody = closedObject({
  cursor: z.string('expected one cursor').nullish().meta({ description: "The previous page's next_cursor." }),
});
