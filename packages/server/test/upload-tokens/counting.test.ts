import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import type { ClosedService } from '../services/closed-service.ts';
import { onEachRepository } from '../services/on-each-repository.ts';
import { json } from '../services/service.ts';
import { FORMS, type Form, mint, picture, refusal, told } from './token-client.ts';

const GRANTS = 50;
const MAX_IMAGES = 10;
const USED_UP = [403, 'upload-token-used-up', undefined];

onEachRepository('max_images', (serviceOf) => {
  let service: ClosedService;
  let key: string;
  before(async () => {
    service = serviceOf();
    key = await service.keyOf({ owner: 'ada' });
  });

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
      const [repeated, another] = [{ 'Idempotency-Key': `a ${name}` }, { 'Idempotency-Key': `b ${name}` }];
      const first = await told(send(token, form, repeated));
      for (const _ of [1, 2, 3]) {
        const again = await told(send(token, form, repeated));
        assert.equal(again.body.image_id, first.body.image_id);
      }
      assert.ok((await told(send(token, form))).body.image_id);
      assert.deepEqual(await refusal(send(token, form)), USED_UP);
      assert.deepEqual(await refusal(send(token, form, another)), USED_UP);
      const again = await told(send(token, form, repeated));
      assert.equal(again.body.image_id, first.body.image_id, 'a replay counts nothing');
    });
  }

  for (const [name, path, type] of [
    ['a form', '/images', 'multipart/form-data; boundary=x'],
    ['a form of the earlier clients', '/images/upload', 'multipart/form-data; boundary=x'],
    ['raw bytes', '/images/upload', 'image/jpeg'],
    ['base64', '/images/upload', 'application/json'],
  ] as const)
    it(`refuses ${name} before a byte of it is read, once it is used up`, async () => {
      const { token } = await mint(service, key, { max_images: 1 });
      assert.equal((await service.as(token, '/uploads', json({ content_type: 'image/png' }))).status, 201);
      for (const headers of [{}, { 'Idempotency-Key': `unknown ${name}` }]) {
        const pull = () => assert.fail('expected a refusal before the body; got a read of the body');
        const body = new ReadableStream({ pull }, { highWaterMark: 0 });
        const sent = { 'Content-Type': type, 'Content-Length': '1000000', ...headers };
        const init = { method: 'POST', headers: sent, body, duplex: 'half' } as const;
        assert.deepEqual(await refusal(service.as(token, path, init)), USED_UP);
      }
    });

  it('decodes no upload whose token was used up while its body came', async () => {
    const { token } = await mint(service, key, { max_images: 1 });
    const { promise: usedUp, resolve } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const damaged = (await picture()).slice(0, 200);
    const body = new ReadableStream(
      {
        async pull(controller) {
          begin();
          await usedUp;
          controller.enqueue(damaged);
          controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const init = { method: 'POST', headers: { 'Content-Type': 'image/jpeg' }, body, duplex: 'half' } as const;
    const late = refusal(service.as(token, '/images/upload', init));
    await begun;
    assert.equal((await service.as(token, '/uploads', json({ content_type: 'image/png' }))).status, 201);
    resolve();
    assert.deepEqual(await late, USED_UP);
  });

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

  it('leaves Idempotency-Keys apart from the members of a batch that is named like the minter', async () => {
    const { token } = await mint(service, key);
    const minter = key.split('_')[1] ?? '';
    const batch = json({ uploads: [{ content_type: 'image/png' }] }, { 'Idempotency-Key': minter });
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
