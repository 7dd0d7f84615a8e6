import * as z from 'zod';
import { MAX_PRIVATE_REASON, MAX_REASON } from '../../domain/image/screening.ts';
import { closedObject, got, line } from '../request/fields.ts';

const MAX_GATE_LENGTH = 100;
const SHA256 = /^[0-9a-f]{64}$/;

export const decisionBody = closedObject({
  gate: line('the name of a gate', MAX_GATE_LENGTH).meta({ examples: ['human-review'] }),
  sha256: z
    .string('expected a sha256 as text')
    .transform((given) => given.toLowerCase())
    .refine((given) => SHA256.test(given), got('expected 64 hex digits'))
    .meta({ description: 'Of the bytes that were looked at.', pattern: '^[0-9a-fA-F]{64}$' }),
  verdict: z.enum(['pass', 'refuse'], got('expected pass or refuse')),
  reason: line('a reason', MAX_REASON).nullish().meta({ description: 'For the uploader: `expected ...; got ...`.' }),
  private_reason: line('a private reason', MAX_PRIVATE_REASON).nullish().meta({ description: 'For moderators.' }),
});
