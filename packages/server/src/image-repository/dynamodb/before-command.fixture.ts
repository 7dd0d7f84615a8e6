import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** Does `work` before each command of that name is sent, with its input: `BatchGetItemCommand`. */
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
