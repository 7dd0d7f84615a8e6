import { type DynamoForTests, dynamoForTests } from '../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import { type ClosedService, closedBy, createClosedService } from './closed-service.ts';
import { createDynamodbService } from './dynamodb-service.ts';

type Environment = Readonly<Record<string, string>>;

/** A service with `AUTH=api-key` on each kind of store of records. */
export const CLOSED_STORES = {
  SQLite: { skip: false, open: async (environment: Environment) => createClosedService({ environment }) },
  DynamoDB: {
    skip: NO_DYNOXIDE,
    async open(environment: Environment): Promise<ClosedService> {
      const server: DynamoForTests = await dynamoForTests();
      const service = await createDynamodbService(server.dynamo, { environment: { AUTH: 'api-key', ...environment } });
      const closed = await closedBy(service, service.clock);
      const dispose = async () => {
        await service[Symbol.asyncDispose]();
        await server[Symbol.asyncDispose]();
      };
      return { ...closed, [Symbol.asyncDispose]: dispose };
    },
  },
} as const;
