import * as z from 'zod';
import { MAX_PRIVATE_REASON, MAX_REASON } from '../../domain/image/screening.ts';
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

export const rescanState = z
  .object({
    gate: z.string(),
    before: z.iso.datetime().meta({ description: 'Images are looked at that the gate has not seen since.' }),
    asked_at: z.iso.datetime(),
    status: z.enum(['waiting', 'running', 'postponed', 'done']).meta({
      description: '`postponed`: the gate or the store failed, and the re-scan continues at `continues_at`.',
    }),
    passed: z.int(),
    refused: z.int(),
    held: z.int().meta({ description: 'Images that the gate decides about later.' }),
    failed: z.int().meta({ description: 'Images that nothing was decided about. They are as they were.' }),
    continues_at: z.iso.datetime().nullable(),
    done_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Rescan' });

export const gateList = z
  .object({
    gates: z.array(
      z.object({
        name: z.string(),
        on_error: z.enum(['hold', 'refuse', 'pass']),
        attempts: z.int().meta({ description: 'Errors in a row before `refuse` or `pass`.' }),
        timeout_seconds: z.number(),
        concurrency: z.int().meta({ description: 'Images at a time, of one process.' }),
        deadline_hours: z.number().meta({ description: 'How long an image waits for the gate.' }),
        at_deadline: z.enum(['refuse', 'pass']),
        status: z.enum(['ok', 'failing']).meta({ description: 'By the last call of this process.' }),
        error: z.string().nullable().meta({ description: 'Of the last call; null if it succeeded.' }),
      }),
    ),
    rescans: z.array(rescanState).meta({ description: 'The last one of each gate that was asked for one.' }),
  })
  .meta({ id: 'GateList' });

export const droppedPage = z
  .object({
    gate: z.string(),
    released: z.int().meta({ description: 'Images of this page that needed the gate, and no longer do.' }),
    next_cursor: z
      .string()
      .nullable()
      .meta({ description: 'Send it with the next request; null: this was the last page.' }),
  })
  .meta({ id: 'DroppedGate' });

export const decisionList = z
  .object({
    image_id: z.uuid(),
    status: z.string(),
    sha256: z.string().nullable().meta({ description: 'Of the bytes, in hex; null if there are none.' }),
    gates: z.array(z.string()).meta({ description: 'All that must pass, of a held image; else empty.' }),
    waits_for: z.string().nullable().meta({ description: 'The gate that a held image waits for; null: none is left.' }),
    decisions: z.array(
      z.object({
        gate: z.string(),
        by: z.enum(['gate', 'error', 'deadline', 'drop', 'person']).meta({
          description:
            'What decided: the answer of the gate, its rule for errors, its deadline, who dropped the gate, or a person in its place.',
        }),
        actor: z.string().nullable().meta({ description: 'The credential of the person, as in the audit; else null.' }),
        verdict: z.enum(['pass', 'refuse']),
        at: z.iso.datetime(),
        private_reason: z.string().nullable().meta({ description: 'Not for the uploader.' }),
      }),
    ),
  })
  .meta({ id: 'DecisionList' });
