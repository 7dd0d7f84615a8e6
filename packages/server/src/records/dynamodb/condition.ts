import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** The condition of a write. On failure the SDK throws ConditionalCheckFailedException with the current item. */
export interface Condition {
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, AttributeValue>;
}

export const EXISTS: Condition = { ConditionExpression: 'attribute_exists(pk)' };
export const IS_NEW: Condition = { ConditionExpression: 'attribute_not_exists(pk)' };
