import type { Gate, GateRules, GateVerdict } from '../../src/gates/gate.ts';

/** A gate whose answers the test decides. */
export interface TestGate extends Gate {
  answer: (signal: AbortSignal) => Promise<GateVerdict>;
  /** How often it was asked. */
  asked: number;
}

export const PASS: GateVerdict = { verdict: 'pass' };
export const LATER: GateVerdict = { verdict: 'later' };
export const REFUSE: GateVerdict = {
  verdict: 'refuse',
  reason: 'expected a landscape; got a portrait',
  privateReason: 'face',
};

export const always = (verdict: GateVerdict) => async () => verdict;
export const failing = async (): Promise<never> => {
  throw new Error('the gate is away');
};
/** Answers only when it is given up. */
export const hanging = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });

const RULES: GateRules = {
  onError: 'hold',
  attempts: 2,
  timeoutMs: 60_000,
  concurrency: 4,
  deadlineMs: 24 * 3_600_000,
  atDeadline: 'refuse',
};

export function createTestGate(name: string, rules: Partial<GateRules> = {}): TestGate {
  const gate: TestGate = {
    name,
    rules: { ...RULES, ...rules },
    seesPreview: false,
    answer: always(PASS),
    asked: 0,
    async ask(_, signal) {
      gate.asked += 1;
      return gate.answer(signal);
    },
    check: async () => undefined,
  };
  return gate;
}
