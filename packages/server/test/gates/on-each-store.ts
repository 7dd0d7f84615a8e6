import { after, before, describe } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import { requireAgreement } from '../../src/records/dynamodb/table-check.fixture.ts';
import { createGatedService, createTableEnvironment, type GatedOptions, type GatedService } from './gated-service.ts';
import type { TestGate } from './test-gate.ts';

export type CreateGated = (gates: readonly TestGate[], options?: GatedOptions) => Promise<GatedService>;
export type Store = 'SQLite' | 'DynamoDB' | 'PostgreSQL';

/** The tests with records in SQLite, and in a table, whose items and counts must agree at the end of each test. */
export function onEachStore(describeTests: (create: CreateGated, store: Store) => void): void {
  describe('on SQLite', () => describeTests(createGatedService, 'SQLite'));

  describe('on DynamoDB', { skip: NO_DYNOXIDE }, () => {
    let server: DynamoForTests;
    before(async () => {
      server = await dynamoForTests();
    });
    after(() => server[Symbol.asyncDispose]());

    describeTests(async (gates, options) => {
      const shared = await createTableEnvironment(server.dynamo);
      const environment = { ...options?.environment, ...shared.environment };
      const service = await createGatedService(gates, { ...options, environment });
      await service.services.usage.setCounted(new Date());
      return {
        ...service,
        async [Symbol.asyncDispose]() {
          await service[Symbol.asyncDispose]();
          await requireAgreement({ dynamo: server.dynamo, name: shared.table.name });
          await shared[Symbol.asyncDispose]();
        },
      };
    }, 'DynamoDB');
  });
}
