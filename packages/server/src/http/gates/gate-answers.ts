import * as z from 'zod';

export const rescanState = z
  .object({
    gate: z.string(),
    before: z.iso.datetime().meta({ description: 'Images are looked at that the gate has not seen since.' }),
    asked_at: z.iso.datetime(),
    status: z.enum(['waiting', 'running', 'postponed', 'done']).meta({
      description: '`postponed`: the gate or the store failed, and the re-scan goes on at `continues_at`.',
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
