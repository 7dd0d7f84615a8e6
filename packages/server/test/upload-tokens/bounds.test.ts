import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { parseImageId } from '../../src/domain/image/image-id.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { FORMS, type Form, mint, picture, refusal, type Said, SENT_BYTES, told } from './token-client.ts';

const FIXED = { tags: ['a', 'b'], metadata: { shop: { id: 7, open: [true, null] } }, visibility: 'public' };
/** An equal value, with its members in another order. */
const SAME_METADATA = { shop: { open: [true, null], id: 7 } };

const OTHERS: readonly (readonly [pointer: string, said: Said])[] = [
  ['/tags', { tags: ['a'] }],
  ['/tags', { tags: ['a', 'b', 'c'] }],
  ['/tags', { tags: ['b', 'a'] }],
  ['/metadata', { metadata: {} }],
  ['/metadata', { metadata: { shop: { id: 7, open: [true, false] } } }],
  ['/metadata', { metadata: { ...FIXED.metadata, more: 1 } }],
  ['/metadata', { metadata: { shop: { id: '7', open: [true, null] } } }],
  ['/metadata', { metadata: { shop: { id: 7, open: { 0: true, 1: null } } } }],
  ['/visibility', { visibility: 'private' }],
];

describe('an upload token', () => {
  let service: ClosedService;
  let key: string;
  before(async () => {
    service = await createClosedService();
    key = await service.keyOf({ actsAs: 'everyone' });
  });
  after(() => service[Symbol.asyncDispose]());

  const send = (token: string, { request }: Form, said: Said = {}, headers?: Record<string, string>) => {
    const [path, init] = request(said, headers);
    return service.as(token, path, init);
  };
  const mintFor = async (fields: object = {}) => mint(service, key, { user_id: 'ada', ...fields });
  const recordOf = async (id: string) => {
    const imageId = parseImageId(id);
    return imageId && service.services.images.get(imageId);
  };

  for (const [name, form] of Object.entries(FORMS)) {
    // In base64 an empty metadata says nothing.
    const others = OTHERS.filter(([, { metadata }]) => name !== 'base64' || Object.keys(metadata ?? [1]).length > 0);

    describe(`with ${name}`, () => {
      it('uploads for its user, in the name of its minter, and marks the record', async () => {
        const { token, token_id } = await mintFor({ max_bytes: 1_000_000 });
        for (const said of [{}, { user_id: 'ada' }]) {
          const { status, body } = await told(send(token, form, said));
          assert.ok(status === 200 || status === 201, JSON.stringify(body));
          const record = await recordOf(body.image_id);
          assert.deepEqual(
            [record?.userId, record?.uploadedBy, record?.token],
            ['ada', key.split('_')[1], { id: token_id, maxBytes: 1_000_000 }],
          );
        }
      });

      it('uploads for no other user', async () => {
        const { token } = await mintFor();
        assert.deepEqual(await refusal(send(token, form, { user_id: 'bob' })), [403, 'forbidden', undefined]);
        const named = send(token, form, {}, { 'X-User-Id': 'bob' });
        assert.deepEqual(await refusal(named), [403, 'forbidden', undefined]);
      });

      it('adds the fields that it fixes', async () => {
        const { token } = await mintFor(FIXED);
        for (const said of [{}, { ...FIXED, metadata: SAME_METADATA }]) {
          const { body } = await told(send(token, form, said));
          const record = await recordOf(body.image_id);
          assert.deepEqual(
            [record?.tags, record?.metadata, record?.visibility],
            [FIXED.tags, FIXED.metadata, 'public'],
            JSON.stringify(body),
          );
        }
      });

      it('refuses another value of a field that it fixes', async () => {
        const { token } = await mintFor(FIXED);
        for (const [pointer, said] of others)
          assert.deepEqual(await refusal(send(token, form, said)), [400, 'invalid-request', pointer]);
        const { token: untagged } = await mintFor({ tags: [] });
        assert.deepEqual(await refusal(send(untagged, form, { tags: ['a'] })), [400, 'invalid-request', '/tags']);
      });

      it('leaves to the upload what it does not fix', async () => {
        const { token } = await mintFor();
        const said = { tags: ['x'], metadata: { y: 1 }, visibility: 'public' };
        const { body } = await told(send(token, form, said));
        const record = await recordOf(body.image_id);
        assert.deepEqual([record?.tags, record?.metadata, record?.visibility], [['x'], { y: 1 }, 'public']);
      });

      it('refuses a type that it does not permit', async () => {
        const { token } = await mintFor({ content_types: ['image/png', 'image/webp'] });
        assert.deepEqual(await refusal(send(token, form)), [400, 'invalid-request', '/content_type']);
        const { token: both } = await mintFor({ content_types: ['image/png', 'image/jpg'] });
        assert.ok((await told(send(both, form))).body.image_id);
      });

      if (form.isDirect) {
        it('accepts max_bytes, and refuses one byte more without a record', async () => {
          const { token } = await mintFor({ max_bytes: SENT_BYTES });
          assert.ok((await told(send(token, form))).body.image_id);
          const { token: smaller } = await mintFor({ max_bytes: SENT_BYTES - 1, max_images: 1 });
          const { status, body } = await told(send(smaller, form));
          assert.deepEqual([status, body.code], [400, 'upload-too-large']);
          assert.match(body.detail, new RegExp(`at most ${SENT_BYTES - 1} bytes`));
        });
      } else {
        it('names the smaller limit in max_size', async () => {
          const { token } = await mintFor({ max_bytes: 1_000 });
          assert.equal((await told(send(token, form))).body['max_size'], 1_000);
          const { token: generous } = await mintFor({ max_bytes: 10 ** 12 });
          assert.equal((await told(send(generous, form))).body['max_size'], 52_428_800);
        });
      }
    });
  }

  it('bounds the size that a grant announces', async () => {
    const { token } = await mintFor({ max_bytes: 1_000 });
    const sized = (size: number) =>
      service.as(token, '/uploads', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ content_type: 'image/png', size }),
      });
    assert.equal((await told(sized(1_000))).status, 201);
    assert.deepEqual(await refusal(sized(1_001)), [400, 'upload-too-large', '/size']);
  });

  it('bounds the policy of a form that a grant signs', async () => {
    const { token } = await mintFor({ max_bytes: 1_000 });
    const form = FORMS['POST /uploads for a form'];
    assert.ok(form);
    const { body } = await told(send(token, form));
    const { Policy: policy = '' } = body['fields'] as { Policy?: string };
    const { conditions } = JSON.parse(Buffer.from(policy, 'base64').toString()) as { conditions: unknown[] };
    assert.deepEqual(
      conditions.filter((one) => Array.isArray(one) && one[0] === 'content-length-range'),
      [['content-length-range', 1, 1_000]],
    );
  });

  it('has the bytes of a grant rejected that are more than max_bytes, by complete and by its state', async () => {
    const bytes = await picture(9);
    const { token } = await mintFor({ max_bytes: bytes.length - 1 });
    const form = FORMS['POST /uploads'];
    assert.ok(form);
    const { body } = await told(send(token, form));
    const grant = body as unknown as { image_id: string; upload_url: string; headers: Record<string, string> };
    const put = await service.send(grant.upload_url, { method: 'PUT', headers: grant.headers, body: bytes });
    assert.equal(put.status, 400);
    const detail = `expected at most ${bytes.length - 1} bytes; got ${bytes.length}`;
    const params = { got_bytes: bytes.length, limit_bytes: bytes.length - 1 };
    const completed = await told(service.as(token, `/images/${grant.image_id}/complete`, { method: 'POST' }));
    assert.deepEqual([completed.status, completed.body.code, completed.body.detail], [400, 'upload-too-large', detail]);
    const state = await told(service.as(token, `/images/${grant.image_id}/metadata`));
    assert.deepEqual(
      [state.body['status'], state.body['rejection']],
      ['rejected', { code: 'upload-too-large', detail, params }],
    );
    assert.deepEqual(
      await service.storedFiles().then((files) => files.filter((file) => file.includes(grant.image_id))),
      [],
    );
  });
});
