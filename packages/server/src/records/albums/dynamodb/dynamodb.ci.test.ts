import { after, before, describe } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { createTable } from '../../dynamodb/table.ts';
import { createServedHarness } from '../../images/dynamodb/dynamodb-harness.fixture.ts';
import { type AlbumHarness, describeAlbumRepository } from '../album-repository.contract.ts';
import { createDynamodbAlbumRepository } from './dynamodb.ts';

describe('albums in DynamoDB', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  describeAlbumRepository('DynamoDB', async (): Promise<AlbumHarness> => {
    const harness = await createServedHarness(server.dynamo);
    const { client, name } = harness.table;
    const albums = createDynamodbAlbumRepository(createTable(client, name), {});
    return { ...harness, albums, [Symbol.asyncDispose]: () => harness[Symbol.asyncDispose]() };
  });
});
