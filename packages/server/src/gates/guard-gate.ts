import { AppError } from '../domain/errors.ts';
import { abortReason } from '../flow/abort.ts';
import { createPlaceLine } from '../flow/place-line.ts';
import type { Watch } from '../observe/observer/store-calls.ts';
import { type Gate, HANGS, type KnownGate } from './gate.ts';

export interface GuardOptions {
  readonly watch: Watch<'gates'>;
  readonly clock: { elapsedMs(): number };
}

/**
 * An error that takes this part of the time-out is as costly as no answer. The timers of a gate's own client may end a
 * little earlier.
 */
const HANGING = 0.9;

/**
 * The gate with its rules kept: so many questions at a time, each for so long. Images take turns by payer, and none
 * takes the last place, so that a flood of images for which the gate hangs delays no other. Errors that aren't ours
 * become `unavailable`.
 */
export function guardGate(gate: Gate, { watch, clock }: GuardOptions): KnownGate {
  const { name, rules, seesPreview } = gate;
  const line = createPlaceLine({
    places: rules.concurrency,
    maxWaiting: Number.POSITIVE_INFINITY, // each of them is bounded by what asks: requests by their time, the sweeper by its number
    holds: `a question to the gate ${name}`,
    placesOfOne: Math.max(1, rules.concurrency - 1),
    timed: { longestMs: rules.timeoutMs, elapsedMs: clock.elapsedMs },
  });
  let lastError: Error | null = null;

  const bounded = async <Answer>(
    name: 'ask' | 'check',
    call: (signal: AbortSignal) => Promise<Answer>,
    signal: AbortSignal,
  ) => {
    const timeout = AbortSignal.timeout(rules.timeoutMs);
    const startMs = clock.elapsedMs();
    try {
      const answer = await watch(name, () => call(AbortSignal.any([signal, timeout])), signal);
      lastError = null;
      return answer;
    } catch (error) {
      if (signal.aborted) throw abortReason(signal); // says nothing about the gate
      const isHanging = timeout.aborted || clock.elapsedMs() - startMs >= rules.timeoutMs * HANGING;
      lastError = isHanging ? tooSlow(gate, error) : asUnavailable(gate, error);
      throw lastError;
    }
  };

  return {
    name,
    rules,
    seesPreview,
    async ask(copy, turn) {
      using _ = await line.enter(turn);
      return await bounded('ask', (ends) => gate.ask(copy, ends), turn.signal);
    },
    async check(signal) {
      const { check } = gate;
      if (check) await bounded('check', check, signal);
    },
    lastError: () => lastError,
  };
}

const tooSlow = ({ name, rules }: Gate, cause: unknown): AppError =>
  new AppError('unavailable', `expected an answer of the gate ${name} within ${rules.timeoutMs} ms; got none`, {
    cause,
    reason: HANGS,
  });

const asUnavailable = ({ name }: Gate, cause: unknown): AppError =>
  cause instanceof AppError && cause.code === 'unavailable'
    ? cause
    : new AppError('unavailable', `expected an answer of the gate ${name}; got an error`, { cause });
