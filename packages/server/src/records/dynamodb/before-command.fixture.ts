import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** Calls `work` with the input of each command of that name, as `BatchGetItemCommand`, before it is sent. */
export function beforeCommand(client: DynamoDBClient, name: string, work: (input: object) => unknown): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName === name) await work(args.input);
        return next(args);
      },
    { step: 'initialize' },
  );
}
