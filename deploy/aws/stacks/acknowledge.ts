import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * A finding of cdk-nag that is as it should be, with the reason. `rule`: its name, for some with the finding in
 * brackets.
 */
export const acknowledge = (at: IConstruct, rule: string, reason: string): void =>
  Validations.of(at).acknowledge({ id: rule, reason });
