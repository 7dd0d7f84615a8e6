import type * as z from 'zod';
import { type Image, isStored } from '../../domain/image/image.ts';
import { isDone, type Rescan } from '../../domain/image/rescan.ts';
import { isByPerson, nextGate } from '../../domain/image/screening.ts';
import type { GateState } from '../../operations/gates/check-gates.ts';
import { isoTime } from '../answers/iso-time.ts';
import type { decisionList, gateList, rescanState } from './gate-schemas.ts';

const HOUR_MS = 3_600_000;

export const gatesJson = (
  states: readonly GateState[],
  rescans: readonly (readonly [gate: string, Rescan])[],
): z.input<typeof gateList> => ({
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
  rescans: rescans.map(([gate, rescan]) => rescanJson(gate, rescan)),
});

export const rescanJson = (gate: string, rescan: Rescan): z.input<typeof rescanState> => {
  const { request, walk } = rescan;
  return {
    gate,
    before: isoTime(request.before),
    asked_at: isoTime(request.askedAt),
    status: statusOf(rescan),
    passed: walk?.passed ?? 0,
    refused: walk?.refused ?? 0,
    held: walk?.held ?? 0,
    failed: walk?.failed ?? 0,
    continues_at: walk?.failing ? isoTime(walk.failing.until) : null,
    done_at: walk?.doneAt ? isoTime(walk.doneAt) : null,
  };
};

function statusOf(rescan: Rescan): z.input<typeof rescanState>['status'] {
  if (isDone(rescan)) return 'done';
  if (rescan.walk === null) return 'waiting';
  return rescan.walk.failing ? 'postponed' : 'running';
}

export const decisionsJson = (image: Image): z.input<typeof decisionList> => {
  const decisions = 'decisions' in image ? image.decisions : [];
  const held = image.status === 'held' ? image.screening : undefined;
  return {
    image_id: image.id,
    status: image.status,
    sha256: isStored(image) ? image.sha256 : null,
    gates: held ? [...held.gates] : [],
    waits_for: (held && nextGate(held.gates, held.passed)) ?? null,
    decisions: decisions.map((one) => ({
      gate: one.gate,
      by: one.by,
      actor: isByPerson(one) ? one.actor : null,
      verdict: one.verdict,
      at: isoTime(one.at),
      private_reason: one.privateReason,
    })),
  };
};
