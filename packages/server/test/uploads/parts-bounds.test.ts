import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pictureOfSize } from '../../../../test/acceptance/pictures.ts';
import { createGatedService, usageOf } from '../gates/gated-service.ts';
import { type CreateGated, onEachStore } from '../gates/on-each-store.ts';
import { always, createTestGate, failing, PASS } from '../gates/test-gate.ts';
import { addPicture, original } from '../replacements/replacing-requests.ts';
import { closedBy } from '../services/closed-service.ts';
import { json } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';
import { mint, refusal } from '../upload-tokens/token-client.ts';
import {
  askForParts,
  begin,
  complete,
  filesOf,
  more,
  PART,
  pendingOf,
  recordOf,
  requireBytes,
  sendParts,
  threeParts,
  unfinished,
} from './in-parts.ts';

const BYTES = await threeParts();
const NOTHING = { images: 0, bytes: 0, trashedBytes: 0, pending: 0, reservedBytes: 0 };

const codeOf = async (answer: Response): Promise<[number, string]> => [
  answer.status,
  ((await answer.json()) as { code: string }).code,
];

onEachStore(describeRights);

function describeRights(create: CreateGated): void {
  describe('an upload in parts', () => {
    it('by an upload token is that token’s alone', async () => {
      await using gated = await create([], { environment: { AUTH: 'api-key', RATE_LIMITS: 'off' } });
      const service = await closedBy(gated, gated.clock);
      const backend = await service.keyOf({ actsAs: 'everyone' });
      const tokenOf = async (fields: object = {}, minter = backend) =>
        (await mint(service, minter, { user_id: 'ada', max_images: 5, ...fields })).token;
      const one = await tokenOf();
      const foreign = await tokenOf({}, await service.keyOf({ actsAs: 'everyone' }));
      const [bobs, small] = [await tokenOf({ user_id: 'bob' }), await tokenOf({ max_bytes: BYTES.length - 1 })];
      const by = (key: string) => (path: string, init?: RequestInit) => service.as(key, path, init);

      const grant = await begin(by(one), BYTES, { user_id: undefined });
      for (const key of [foreign, bobs]) {
        assert.deepEqual(await codeOf(await service.as(key, `/uploads/${grant.image_id}/parts`, json({}))), [
          404,
          'image-not-found',
        ]);
        assert.deepEqual(await codeOf(await complete(by(key), grant.image_id)), [404, 'image-not-found']);
      }
      await sendParts(service, grant, BYTES, [1]);
      const rest = await more(by(one), grant.image_id);
      assert.deepEqual(rest.parts.received, [1]);
      await sendParts(service, rest, BYTES);
      assert.equal((await complete(by(one), grant.image_id)).status, 200);
      await requireBytes(by(backend), grant.image_id, BYTES);

      const tooLarge = service.as(small, '/uploads', askForParts(BYTES.length, { user_id: undefined }));
      assert.deepEqual(await refusal(tooLarge), [400, 'upload-too-large', '/size']);
      assert.deepEqual(await unfinished(service), []);
    });

    it('waits for its gate like any other, and gives its bytes to no one before', async () => {
      const gate = createTestGate('scan');
      gate.answer = failing;
      await using service = await create([gate]);
      const { image_id: id, ...grant } = await begin(service.request, BYTES);
      await sendParts(service, { image_id: id, ...grant }, BYTES);
      assert.equal(gate.asked, 0);
      const held = (await (await complete(service.request, id)).json()) as { status: string };
      assert.equal(held.status, 'held');
      assert.equal((await service.request(`/images/${id}`)).status, 409);
      assert.deepEqual([(await more(service.request, id)).status, await unfinished(service)], ['held', []]);
      gate.answer = always(PASS);
      await service.sweep(10);
      await requireBytes(service.request, id, BYTES);
      assert.deepEqual(await usageOf(service), { ...NOTHING, images: 1, bytes: BYTES.length });
      await service.sweep(20 * 60);
      assert.equal((await filesOf(service)).length, 1);
    });

    it('replaces a picture', async () => {
      await using service = await create([]);
      const picture = await addPicture(service);
      const grant = await begin(service.request, BYTES, { replaces: picture.id });
      await sendParts(service, grant, BYTES, [1, 2]);
      assert.notDeepEqual(await original(service, picture.id), BYTES);
      await sendParts(service, grant, BYTES, [3]);
      assert.equal((await complete(service.request, grant.image_id)).status, 200);
      await requireBytes(service.request, picture.id, BYTES);
      assert.equal((await recordOf(service, grant.image_id)).status, 'deleted');
      for (const minutes of [2, 16, 25 * 60, 240 * 60]) await service.sweep(minutes);
      assert.deepEqual([await unfinished(service), (await filesOf(service)).length], [[], 1]);
      assert.deepEqual(await usageOf(service), { ...NOTHING, images: 1, bytes: BYTES.length });
    });

    it('reserves its whole size at the grant; one too many is refused, and nothing of it is begun', async () => {
      await using service = await create([], { environment: { QUOTA_BYTES: String(2 * BYTES.length - 1) } });
      const grant = await begin(service.request, BYTES);
      assert.deepEqual(await usageOf(service), { ...NOTHING, pending: 1, reservedBytes: BYTES.length });
      const refused = await service.request('/uploads', askForParts(BYTES.length));
      assert.deepEqual(await codeOf(refused), [403, 'quota-exceeded']);
      assert.equal((await unfinished(service)).length, 1);
      await sendParts(service, grant, BYTES, [1]);
      assert.deepEqual(await usageOf(service), { ...NOTHING, pending: 1, reservedBytes: BYTES.length });
      await begin(service.request, BYTES.subarray(0, BYTES.length - 1));
      await service.sweep(76);
      assert.deepEqual(await usageOf(service), { ...NOTHING, pending: 1, reservedBytes: BYTES.length });
      await sendParts(service, await more(service.request, grant.image_id), BYTES);
      assert.equal((await complete(service.request, grant.image_id)).status, 200);
      assert.deepEqual(await usageOf(service), { ...NOTHING, images: 1, bytes: BYTES.length });
    });
  });
}

describe('the size of an upload in parts', () => {
  it('is at most MAX_UPLOAD_BYTES, with no reservation or beginning beyond it', async () => {
    const most = 2 * PART;
    await using service = await createGatedService([], { environment: { MAX_UPLOAD_BYTES: String(most) } });
    const refused = await service.request('/uploads', askForParts(most + 1));
    assert.deepEqual(await codeOf(refused), [400, 'upload-too-large']);
    assert.deepEqual([await usageOf(service), await unfinished(service)], [NOTHING, []]);
    const bytes = await pictureOfSize(most);
    const grant = await begin(service.request, bytes);
    assert.deepEqual([grant.parts.count, grant.parts.urls.map(({ size }) => size)], [2, [PART, PART]]);
    await sendParts(service, grant, bytes);
    assert.equal((await complete(service.request, grant.image_id)).status, 200);
    await requireBytes(service.request, grant.image_id, bytes);
  });

  it('raises its part size, so that it has no more than 10,000 parts', async () => {
    await using service = await createSharingService({ environment: { MAX_UPLOAD_BYTES: '500000000' } });
    const ask = async (fields: object) => {
      const answer = await service.request('/uploads', askForParts(400_000_000, fields));
      return ((await answer.json()) as { parts: { part_size: number; count: number } }).parts;
    };
    const least = await ask({ part_size: 1 });
    assert.deepEqual([least.part_size, least.count], [PART, Math.ceil(400_000_000 / PART)]);
    const odd = await ask({ part_size: 3_333_333 });
    assert.deepEqual([odd.part_size, odd.count], [3_333_333, 121]);
  });

  it('is that of its bytes: its record promises it, and each part has a length of its own', async () => {
    await using service = await createSharingService();
    const grant = await begin(service.request, BYTES);
    const { promised, reservedBytes } = await pendingOf(service, grant.image_id);
    assert.deepEqual([promised.sizeBytes, reservedBytes], [BYTES.length, BYTES.length]);
    const last = grant.parts.urls[2] ?? assert.fail();
    for (const size of [8, 10]) {
      const body = new Uint8Array(size);
      const answer = await service.send(last.url, { method: 'PUT', body });
      assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status}`);
    }
    assert.deepEqual((await more(service.request, grant.image_id)).parts.received, []);
  });
});
