import { after, before, describe } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import { type ClosedService, closedBy, createClosedService } from './closed-service.ts';
import { createDynamodbService } from './dynamodb-service.ts';
import { sharedImaging } from './shared-imaging.ts';

/** Describes a service with API keys on SQLite, and one on DynamoDB. `serviceOf` may be asked from `before` on. */
export function onEachRepository(
  what: string,
  describeIt: (serviceOf: () => ClosedService) => void,
  environment: Readonly<Record<string, string>> = {},
): void {
  let dynamo: DynamoForTests | undefined;
  after(() => dynamo?.[Symbol.asyncDispose]());
  after(() => sharedImaging[Symbol.asyncDispose]());

  const repositories = {
    SQLite: { skip: false, create: () => createClosedService({ environment }) },
    DynamoDB: {
      skip: NO_DYNOXIDE,
      async create() {
        dynamo ??= await dynamoForTests();
        const closed = { AUTH: 'api-key', RATE_LIMITS: 'off', ...environment };
        const service = await createDynamodbService(dynamo.dynamo, { environment: closed });
        return closedBy(service, service.clock);
      },
    },
  } satisfies Record<string, { skip: string | false; create: () => Promise<ClosedService> }>;

  for (const [repository, { skip, create }] of Object.entries(repositories))
    describe(`${what} on ${repository}`, { skip }, () => {
      let service: ClosedService;
      before(async () => {
        service = await create();
      });
      after(() => service[Symbol.asyncDispose]());
      describeIt(() => service);
    });
}
