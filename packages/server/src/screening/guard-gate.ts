import { AppError } from '../domain/errors.ts';
import { abortReason } from '../flow/abort.ts';
import type { Watch } from '../observer/store-calls.ts';
import type { Gate, KnownGate } from './gate.ts';

/** The gate with its rules kept: so many questions at a time, each for so long. Errors that aren't ours become `unavailable`. */
export function guardGate(gate: Gate, watch: Watch<'gates'>): KnownGate {
  const { name, rules, seesPreview } = gate;
  const slots = createSlots(rules.concurrency);
  let lastError: Error | null = null;

  const bounded = async <Answer>(
    name: 'ask' | 'check',
    call: (signal: AbortSignal) => Promise<Answer>,
    signal: AbortSignal,
  ) => {
    const timeout = AbortSignal.timeout(rules.timeoutMs);
    try {
      const answer = await watch(name, () => call(AbortSignal.any([signal, timeout])), signal);
      lastError = null;
      return answer;
    } catch (error) {
      if (signal.aborted) throw abortReason(signal); // says nothing about the gate
      lastError = timeout.aborted ? tooSlow(gate) : asUnavailable(gate, error);
      throw lastError;
    }
  };

  return {
    name,
    rules,
    seesPreview,
    async ask(copy, signal) {
      using _ = await slots.take(signal);
      return await bounded('ask', (ends) => gate.ask(copy, ends), signal);
    },
    async check(signal) {
      const { check } = gate;
      if (check) await bounded('check', check, signal);
    },
    lastError: () => lastError,
  };
}

const tooSlow = ({ name, rules }: Gate): AppError =>
  new AppError('unavailable', `expected an answer of the gate ${name} within ${rules.timeoutMs} ms; got none`);

const asUnavailable = ({ name }: Gate, cause: unknown): AppError =>
  cause instanceof AppError && cause.code === 'unavailable'
    ? cause
    : new AppError('unavailable', `expected an answer of the gate ${name}; got an error`, { cause });

interface Slots {
  /** A slot until it is disposed of, in order of arrival. Errors: the signal's reason. */
  take(signal: AbortSignal): Promise<Disposable>;
}

function createSlots(count: number): Slots {
  let free = count;
  const waiting = new Set<() => void>();
  const slot = (): Disposable => ({
    [Symbol.dispose]() {
      const [next] = waiting;
      if (!next) free += 1;
      else next();
    },
  });
  return {
    async take(signal) {
      if (signal.aborted) throw abortReason(signal);
      if (free > 0) {
        free -= 1;
        return slot();
      }
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const begin = (): void => {
        waiting.delete(begin);
        resolve();
      };
      const giveUp = (): void => {
        if (waiting.delete(begin)) reject(abortReason(signal));
      };
      waiting.add(begin);
      signal.addEventListener('abort', giveUp);
      try {
        await promise;
      } finally {
        signal.removeEventListener('abort', giveUp);
      }
      return slot();
    },
  };
}
