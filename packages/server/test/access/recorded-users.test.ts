import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import { createTable as createTestTable } from '../../../../test/servers/table.ts';
import { revoked } from '../../src/domain/access/api-key.ts';
import { CREATED, later, sampleKey } from '../../src/domain/access/api-keys.fixture.ts';
import { checkKeyUsers } from '../../src/operations/checks/check-key-users.ts';
import { createTable } from '../../src/records/dynamodb/table.ts';
import { createDynamodbKeyRepository } from '../../src/records/keys/dynamodb/dynamodb.ts';
import type { KeyRepository } from '../../src/records/keys/key-repository.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { json } from '../services/service.ts';

const clock = { now: () => later(10), elapsedMs: () => 0 };
const GRANT = { content_type: 'image/jpeg' };

/** The warnings of a start with these keys. */
async function warningsOf(keys: KeyRepository): Promise<string[]> {
  const warnings: string[] = [];
  await checkKeyUsers({
    keys,
    clock,
    observe(event) {
      assert.equal(event.event, 'warning');
      if (event.event === 'warning') warnings.push(event.sentence);
    },
  });
  return warnings;
}

async function listsThem(keys: KeyRepository): Promise<void> {
  const service = sampleKey({ owner: null, actsAs: ['ada', ' bob', '\u00a0'] }, later(1));
  const user = sampleKey({ owner: 'eve ' }, later(2));
  const ended = revoked(sampleKey({ owner: ' old' }), later(3));
  for (const key of [
    sampleKey({}, CREATED),
    service,
    user,
    ended,
    sampleKey({ owner: null, actsAs: 'everyone' }, later(4)),
  ])
    await keys.create(key);
  const sentence = (id: string, faults: string) =>
    `The API key ${id} is refused: ${faults}: create a key for other users`;
  const spaced = (user: string) => `expected a user id without white space at its ends; got ${user}`;
  const blank = 'expected a user id with a visible character; got "\u00a0"';
  assert.deepEqual(await warningsOf(keys), [
    sentence(user.id, spaced('"eve "')),
    sentence(service.id, `${spaced('" bob"')}, ${blank}`),
  ]);
}

describe('keys of users whom no request can name, as a restored backup may have them', () => {
  let service: ClosedService;
  before(async () => {
    service = await createClosedService();
  });
  after(() => service[Symbol.asyncDispose]());

  it('are listed at the start, but not those that have ended', async () => {
    await using own = await createClosedService();
    await listsThem(own.services.keys);
  });

  it('are listed at the start on DynamoDB too', { skip: NO_DYNOXIDE }, async () => {
    await using server: DynamoForTests = await dynamoForTests();
    await using storage = await createTestTable(server.dynamo);
    await listsThem(createDynamodbKeyRepository(createTable(storage.client, storage.name)));
  });

  it('are counted if they are many, and a list that fails stops no start', async () => {
    await using own = await createClosedService();
    for (let n = 0; n < 22; n++) await own.keyOf({ owner: ` ${n}` });
    const warnings = await warningsOf(own.services.keys);
    assert.deepEqual([warnings.length, warnings.at(-1)], [21, '2 more API keys are refused because of their users']);
    const failing = { ...own.services.keys, find: () => Promise.reject(new Error('away')) };
    assert.deepEqual(await warningsOf(failing), ['expected a list of the API keys; got Error: away']);
  });

  it('are refused, and so are the upload tokens that they minted', async () => {
    const everyone = await service.keyOf({ actsAs: 'everyone' });
    const answer = await service.as(everyone, '/upload-tokens', json({ user_id: 'ada' }));
    const { token } = (await answer.json()) as { token: string };
    assert.equal((await service.as(token, '/uploads', json(GRANT))).status, 201);
    const { uploadTokens } = service.services;
    const sealed = uploadTokens.tokenIn(token) ?? assert.fail();
    for (const terms of [{ owner: 'ada ' }, { owner: '\u00a0ada' }, { actsAs: ['ada', 'bob '] }]) {
      const key = await service.keyOf(terms);
      assert.equal((await service.as(key, '/images?user_id=ada')).status, 401, JSON.stringify(terms));
      const [, actor = ''] = key.split('_');
      const minted = uploadTokens.textOf({ ...sealed, mintedBy: { kind: 'key', actor } });
      assert.equal((await service.as(minted, '/uploads', json(GRANT))).status, 401, JSON.stringify(terms));
    }
    const other = uploadTokens.textOf({ ...sealed, userId: 'ada ' });
    assert.equal((await service.as(other, '/uploads', json(GRANT))).status, 401);
  });
});

describe('a user who is named elsewhere', () => {
  let service: ClosedService;
  before(async () => {
    service = await createClosedService({ environment: { USAGE: 'on' } });
  });
  after(() => service[Symbol.asyncDispose]());

  it('is not empty in a list of keys, which would be that of everyone', async () => {
    for (const query of ['owner=', 'owner', 'owner=%20', 'owner=ada%20'])
      assert.equal((await service.as(service.admin, `/keys?${query}`)).status, 400, query);
    assert.equal((await service.as(service.admin, '/keys?owner=ada')).status, 200);
  });

  for (const name of ['%20', 'ada%20', '%C2%A0ada', '%E2%80%8B', 'zo%EB', 'zo%EF%BF%BD', 'a%00'])
    it(`is none in the path of a quota: ${name}`, async () => {
      for (const init of [{}, { ...json({ bytes: 1, images: 1, pending: 1 }), method: 'PUT' }, { method: 'DELETE' }])
        assert.equal((await service.as(service.admin, `/quotas/${name}`, init)).status, 400);
    });

  it('is the one of its percent-encoding in the path of a quota', async () => {
    for (const name of ['zoë', 'zo%EB', 'a/b', 'a b']) {
      const answer = await service.as(service.admin, `/quotas/${encodeURIComponent(name)}`);
      assert.equal(((await answer.json()) as { user_id: string }).user_id, name);
    }
  });

  it('is its own error in a batch of grants', async () => {
    const key = await service.keyOf({ actsAs: 'everyone' });
    const members = [{ user_id: 'ada' }, { user_id: '' }, { user_id: null }, { user_id: 'ada ' }, {}];
    const batch = { uploads: members.map((member) => ({ ...GRANT, ...member })) };
    const told = async (body: object) => {
      const answer = await service.as(key, '/images/uploads', json(body));
      const { results } = (await answer.json()) as { results: { error?: { errors: { pointer: string }[] } }[] };
      return results.map(({ error }) => error?.errors[0]?.pointer);
    };
    const wrong = [1, 2, 3].map((index) => `/uploads/${index}/user_id`);
    assert.deepEqual(await told(batch), [undefined, ...wrong, '/uploads/4/user_id']);
    assert.deepEqual(await told({ ...batch, user_id: 'ada' }), [undefined, ...wrong, undefined]);
    for (const user_id of ['', ' ', null]) {
      const answer = await service.as(
        key,
        '/images/uploads',
        json({ user_id, uploads: [{ ...GRANT, user_id: 'ada' }] }),
      );
      assert.equal(answer.status, 400);
    }
  });
});
