import { retryAt } from '../../domain/image/deadlines.ts';
import { nextGate, OWNER_DAYS, OWNER_GATE, REPLACE_GATE, type Screening } from '../../domain/image/screening.ts';
import type { Services } from '../../services.ts';
import type { Screened } from './ask-gates.ts';

const MINUTE_MS = 60_000;

/** For a gate that this process lacks, so that no image waits for ever. */
const LACKED = { deadlineMs: 24 * 60 * MINUTE_MS, atDeadline: 'refuse' } as const;

/** Nobody is asked: the wait ends by the owner's decision, or at the deadline. */
const OWNER_RULES = { deadlineMs: OWNER_DAYS * 24 * 60 * MINUTE_MS, atDeadline: 'refuse' } as const;

/** The process that verified the bytes replaces the picture; this is for one that died. */
const REPLACE_MS = 5_000;
const REPLACE_RULES = { deadlineMs: 6 * 60 * MINUTE_MS, atDeadline: 'refuse' } as const;

const RESERVED_RULES: ReadonlyMap<string | undefined, typeof OWNER_RULES | typeof REPLACE_RULES> = new Map([
  [OWNER_GATE, OWNER_RULES],
  [REPLACE_GATE, REPLACE_RULES],
]);

/**
 * Comes after this process's next round of the sweep, and mostly after the round of a process that has the gate:
 * whoever sweeps first moves the time on.
 */
const LEFT_MS = MINUTE_MS;
const LEFT_JITTER_MS = 20_000;

/**
 * How an image waits for the first gate that hasn't passed; if its last gate was dropped, for the next round of the
 * sweep. `before`: how it waited until now; `since`: when it was verified.
 */
export function waitForGate(
  { gates, clock }: Pick<Services, 'gates' | 'clock'>,
  screened: Screened,
  { since, before }: { readonly since: Date; readonly before?: Screening },
): Screening {
  const now = clock.now();
  const name = nextGate(screened.gates, screened.passed);
  const after = (milliseconds: number): Date => new Date(now.getTime() + milliseconds);
  const rules = RESERVED_RULES.get(name) ?? gates.find((gate) => gate.name === name)?.rules ?? LACKED;
  const { deadline, atDeadline } =
    before && name !== undefined && nextGate(before.gates, before.passed) === name
      ? before
      : { deadline: after(rules.deadlineMs), atDeadline: rules.atDeadline };
  const askAt = (): Date => {
    if (name === OWNER_GATE) return deadline;
    if (name === REPLACE_GATE) return after(REPLACE_MS);
    switch (screened.standing) {
      case 'later':
        return deadline;
      case 'failed':
        return retryAt(since, now);
      case 'lacked':
        return after(LEFT_MS + Math.random() * LEFT_JITTER_MS);
      case 'unasked':
      case 'passed':
        return now;
    }
  };
  const { gates: all, passed, failures } = screened;
  const asked = askAt();
  return {
    gates: all,
    passed,
    failures,
    askAt: asked < deadline ? asked : deadline,
    deadline,
    atDeadline,
  };
}
