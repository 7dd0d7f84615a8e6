import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** Ends every query after `rows` items, like DynamoDB at 1 MB: before `Limit`, although more items follow. */
export function cutAnswers(client: DynamoDBClient, rows: number): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        if (commandName !== 'QueryCommand' || !('Limit' in args.input)) return next(args);
        return next({ ...args, input: { ...args.input, Limit: Math.min(rows, Number(args.input.Limit)) } });
      },
    { step: 'initialize', name: 'cutAnswers' },
  );
}
