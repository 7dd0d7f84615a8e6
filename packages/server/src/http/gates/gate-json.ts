import type * as z from 'zod';
import type { Image } from '../../domain/image/image.ts';
import { nextGate } from '../../domain/image/screening.ts';
import type { GateState } from '../../operations/screening/check-gates.ts';
import { isoTime } from '../answers/iso-time.ts';
import type { decisionList, gateList } from './gate-answers.ts';

const HOUR_MS = 3_600_000;

export const gatesJson = (states: readonly GateState[]): z.input<typeof gateList> => ({
  gates: states.map(({ gate: { name, rules }, error }) => ({
    name,
    on_error: rules.onError,
    attempts: rules.attempts,
    timeout_seconds: rules.timeoutMs / 1_000,
    concurrency: rules.concurrency,
    deadline_hours: rules.deadlineMs / HOUR_MS,
    at_deadline: rules.atDeadline,
    status: error ? ('failing' as const) : ('ok' as const),
    error: error?.message ?? null,
  })),
});

export const decisionsJson = (image: Image): z.input<typeof decisionList> => {
  const decisions = 'decisions' in image ? image.decisions : [];
  const held = image.status === 'held' ? image.screening : undefined;
  return {
    image_id: image.id,
    status: image.status,
    gates: held ? [...held.gates] : [],
    waits_for: (held && nextGate(held.gates, held.passed)) ?? null,
    decisions: decisions.map(({ gate, by, verdict, at, privateReason }) => ({
      gate,
      by,
      verdict,
      at: isoTime(at),
      private_reason: privateReason,
    })),
  };
};
