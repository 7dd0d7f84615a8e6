import type { Read, Variable } from '../variable.ts';

/** What a gate's errors and its deadline end in, and how it is asked. */
export interface GateRulesConfig {
  readonly onError: 'hold' | 'refuse' | 'pass';
  readonly attempts: number;
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly deadlineMs: number;
  readonly atDeadline: 'refuse' | 'pass';
}

/** The variables of one gate's rules. */
export interface RuleVariables {
  readonly onError: Variable<GateRulesConfig['onError']>;
  readonly attempts: Variable<number>;
  readonly timeoutSeconds: Variable<number>;
  readonly concurrency: Variable<number>;
  readonly deadlineHours: Variable<number>;
  readonly atDeadline: Variable<GateRulesConfig['atDeadline']>;
}

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;

export const readRules = (read: Read, variables: RuleVariables): GateRulesConfig => ({
  onError: read(variables.onError),
  attempts: read(variables.attempts),
  timeoutMs: read(variables.timeoutSeconds) * SECOND_MS,
  concurrency: read(variables.concurrency),
  deadlineMs: read(variables.deadlineHours) * HOUR_MS,
  atDeadline: read(variables.atDeadline),
});
