import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../test-servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test-servers/dynoxide.ts';
import { type ClosedService, closedBy, createClosedService } from '../services/closed-service.ts';
import { createDynamodbService } from '../services/dynamodb-service.ts';
import { json } from '../services/service.ts';
import { sharedImaging } from '../services/shared-imaging.ts';
import { FORMS, type Form, mint, picture, refusal, told } from './token-client.ts';

const GRANTS = 50;
const MAX_IMAGES = 10;
const USED_UP = [403, 'upload-token-used-up', undefined];

let dynamo: DynamoForTests | undefined;
after(() => dynamo?.[Symbol.asyncDispose]());
after(() => sharedImaging[Symbol.asyncDispose]());

const REPOSITORIES = {
  SQLite: { skip: false, create: () => createClosedService() },
  DynamoDB: {
    skip: NO_DYNOXIDE,
    async create() {
      dynamo ??= await dynamoForTests();
      const environment = { AUTH: 'api-key', RATE_LIMITS: 'off' };
      const service = await createDynamodbService(dynamo.dynamo, { environment });
      return closedBy(service, service.clock);
    },
  },
} satisfies Record<string, { skip: string | false; create: () => Promise<ClosedService> }>;

for (const [repository, { skip, create }] of Object.entries(REPOSITORIES))
  describe(`max_images on ${repository}`, { skip }, () => {
    let service: ClosedService;
    let key: string;
    before(async () => {
      service = await create();
      key = await service.keyOf({ owner: 'ada' });
    });
    after(() => service[Symbol.asyncDispose]());

    const send = (token: string, { request }: Form, headers?: Record<string, string>) => {
      const [path, init] = request({}, headers);
      return service.as(token, path, init);
    };
    const recordsOf = async (): Promise<number> => {
      const { body } = await told(service.as(key, '/images?status=pending&limit=1000'));
      return Number(body['count']);
    };

    it(`permits exactly ${MAX_IMAGES} of ${GRANTS} concurrent grants`, async () => {
      const { token } = await mint(service, key, { max_images: MAX_IMAGES });
      const before = await recordsOf();
      const asked = Array.from({ length: GRANTS }, (_, n) => {
        const init = json({ content_type: 'image/png' }, n % 2 === 0 ? {} : { 'Idempotency-Key': `k${n}` });
        return told(service.as(token, '/uploads', init));
      });
      const outcomes = Map.groupBy(await Promise.all(asked), ({ status, body }) => body.code ?? status);
      assert.deepEqual([...outcomes].map(([outcome, { length }]) => [outcome, length]).toSorted(), [
        [201, MAX_IMAGES],
        ['upload-token-used-up', GRANTS - MAX_IMAGES],
      ]);
      assert.equal((await recordsOf()) - before, MAX_IMAGES);
    });

    for (const [name, form] of Object.entries(FORMS)) {
      it(`counts ${name}, and a repeated Idempotency-Key once`, async () => {
        const { token } = await mint(service, key, { max_images: 2 });
        const first = await told(send(token, form, { 'Idempotency-Key': `a ${name}` }));
        for (const _ of [1, 2, 3]) {
          const again = await told(send(token, form, { 'Idempotency-Key': `a ${name}` }));
          assert.equal(again.body.image_id, first.body.image_id);
        }
        assert.ok((await told(send(token, form))).body.image_id);
        assert.deepEqual(await refusal(send(token, form)), USED_UP);
        assert.deepEqual(await refusal(send(token, form, { 'Idempotency-Key': `b ${name}` })), USED_UP);
        const again = await told(send(token, form, { 'Idempotency-Key': `a ${name}` }));
        assert.equal(again.body.image_id, first.body.image_id, 'a replay counts nothing');
      });
    }

    it('counts grants and direct uploads together, and each member of a batch', async () => {
      const { token } = await mint(service, key, { max_images: 3 });
      const { 'POST /images': direct, 'POST /uploads': grant } = FORMS;
      assert.ok(direct && grant);
      assert.ok((await told(send(token, direct))).body.image_id);
      const members = json({ uploads: Array.from({ length: 4 }, () => ({ content_type: 'image/png' })) });
      const answer = await service.as(token, '/images/uploads', members);
      const { count, results } = (await answer.json()) as { count: number; results: { error?: { code: string } }[] };
      assert.deepEqual(
        [count, results.flatMap(({ error }) => error?.code ?? [])],
        [2, ['upload-token-used-up', 'upload-token-used-up']],
      );
      assert.deepEqual(await refusal(send(token, grant)), USED_UP);
    });

    it('counts no refused upload', async () => {
      const { token } = await mint(service, key, { max_images: 1, tags: ['a'], content_types: ['image/jpeg'] });
      const damaged = (await picture()).slice(0, 200);
      for (const init of [
        json({ content_type: 'image/png' }),
        json({ content_type: 'image/jpeg', tags: ['b'] }),
        json({ content_type: 'image/jpeg', size: 2 ** 40 }),
      ])
        assert.equal((await service.as(token, '/uploads', init)).status, 400);
      for (const headers of [{}, { 'Idempotency-Key': 'damaged' }]) {
        const init = { method: 'POST', headers: { 'Content-Type': 'image/jpeg', ...headers }, body: damaged };
        assert.equal((await service.as(token, '/images/upload', init)).status, 400);
      }
      const { body } = await told(service.as(token, '/uploads', json({ content_type: 'image/jpeg' })));
      assert.ok(body.image_id);
      assert.deepEqual(await refusal(service.as(token, '/uploads', json({ content_type: 'image/jpeg' }))), USED_UP);
    });

    it('belongs to one token: another one of the same key has its own', async () => {
      const [one, other] = [await mint(service, key, { max_images: 1 }), await mint(service, key, { max_images: 1 })];
      for (const { token } of [one, other])
        assert.equal((await service.as(token, '/uploads', json({ content_type: 'image/png' }))).status, 201);
    });

    for (const [name, form] of Object.entries(FORMS)) {
      it(`has Idempotency-Keys for all tokens of one key, with ${name}, apart from its own and from those of another key's tokens`, async () => {
        const another = await service.keyOf({ owner: 'ada' });
        const [one, later] = [await mint(service, key, { max_images: 1 }), await mint(service, key, { max_images: 1 })];
        const credentials = [one.token, (await mint(service, another)).token, key];
        const header = { 'Idempotency-Key': `apart ${name}` };
        const ids: string[] = [];
        for (const credential of [...credentials, later.token, ...credentials])
          ids.push((await told(send(credential, form, header))).body.image_id);
        assert.equal(new Set(ids).size, 3);
        assert.equal(ids[3], ids[0], 'a page continues with a new token');
        assert.deepEqual(ids.slice(4), ids.slice(0, 3));
        assert.ok((await told(send(later.token, form))).body.image_id, 'the replay counted nothing');
      });
    }

    it('makes one image of concurrent requests with one Idempotency-Key and many tokens of one key', async () => {
      const tokens = await Promise.all(Array.from({ length: 10 }, () => mint(service, key)));
      const init = json({ content_type: 'image/png' }, { 'Idempotency-Key': 'together' });
      const before = await recordsOf();
      const answers = await Promise.all(tokens.map(({ token }) => told(service.as(token, '/uploads', init))));
      assert.equal(new Set(answers.map(({ body }) => body.image_id)).size, 1);
      assert.equal((await recordsOf()) - before, 1);
    });

    it('leaves them apart between the users for whom one key mints', async () => {
      const ofEveryone = await service.keyOf({ actsAs: 'everyone' });
      const ids: string[] = [];
      for (const user_id of ['ada', 'bob', 'ada', 'bob']) {
        const { token } = await mint(service, ofEveryone, { user_id });
        const init = json({ content_type: 'image/png' }, { 'Idempotency-Key': 'of each user' });
        ids.push((await told(service.as(token, '/uploads', init))).body.image_id);
      }
      assert.equal(new Set(ids).size, 2);
      assert.deepEqual(ids.slice(2), ids.slice(0, 2));
    });

    it('leaves them apart from the members of a batch that is named like the key', async () => {
      const { token } = await mint(service, key);
      const batch = json({ uploads: [{ content_type: 'image/png' }] }, { 'Idempotency-Key': key.split('_')[1] ?? '' });
      const member = await told(service.as(key, '/images/uploads', batch));
      const single = json({ content_type: 'image/png' }, { 'Idempotency-Key': '0' });
      const granted = await told(service.as(token, '/uploads', single));
      assert.notEqual(granted.body.image_id, member.body.image_id);
    });

    it('names the client’s own Idempotency-Key in a conflict', async () => {
      const { token } = await mint(service, key);
      const ask = (type: string) =>
        told(service.as(token, '/uploads', json({ content_type: type }, { 'Idempotency-Key': 'mine' })));
      assert.equal((await ask('image/png')).status, 201);
      const { status, body } = await ask('image/gif');
      assert.deepEqual(
        [status, body.errors],
        [409, [{ pointer: 'Idempotency-Key', detail: 'expected the request first sent with mine; got another' }]],
      );
    });
  });
