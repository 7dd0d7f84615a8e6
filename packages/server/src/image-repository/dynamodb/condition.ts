import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** Of a write. It fails with the SDK's ConditionalCheckFailedException, and the item as it is. */
export interface Condition {
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, AttributeValue>;
}

export const IS_NEW: Condition = { ConditionExpression: 'attribute_not_exists(pk)' };
