import { Aws, type CfnCondition, type Stack, Token } from 'aws-cdk-lib';
import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import { isGiven } from './parameters.ts';

/**
 * The budget of the whole account: costs of one stack alone would need a tag that the account has activated for
 * billing.
 */
export function createBudget(
  stack: Stack,
  { monthlyBudget, budgetEmail }: Readonly<Record<'monthlyBudget' | 'budgetEmail', string>>,
): void {
  isGiven(stack, 'HasBudget', monthlyBudget);
  const told = (notificationType: string, threshold: number) => ({
    notification: { notificationType, threshold, thresholdType: 'PERCENTAGE', comparisonOperator: 'GREATER_THAN' },
    subscribers: [{ subscriptionType: 'EMAIL', address: budgetEmail }],
  });
  const budget = new CfnBudget(stack, 'Budget', {
    budget: {
      budgetName: Aws.STACK_NAME,
      budgetType: 'COST',
      timeUnit: 'MONTHLY',
      budgetLimit: { amount: Token.asNumber(monthlyBudget), unit: 'USD' },
    },
    notificationsWithSubscribers: [told('ACTUAL', 80), told('FORECASTED', 100)],
  });
  budget.cfnOptions.condition = stack.node.findChild('HasBudget') as CfnCondition;
}
