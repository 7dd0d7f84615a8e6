import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { incomingKey } from '../../src/domain/image/object-key.ts';
import { deleteUser } from '../../src/operations/users/delete-user.ts';
import { perform } from '../../src/run/jobs.ts';
import { createGatedService, type GatedService, usageOf } from '../gates/gated-service.ts';
import { type CreateGated, onEachStore } from '../gates/on-each-store.ts';
import { json } from '../services/service.ts';
import {
  begin,
  complete,
  filesOf,
  type GrantOfParts,
  more,
  PART,
  pendingOf,
  recordOf,
  requireBytes,
  sendPart,
  sendParts,
  threeParts,
  unfinished,
} from './in-parts.ts';

const BYTES = await threeParts();
const HOURS = 60;
const MINUTE_MS = 60_000;
const NOTHING = { images: 0, bytes: 0, trashedBytes: 0, pending: 0, reservedBytes: 0 };
const RESERVED = { ...NOTHING, pending: 1, reservedBytes: BYTES.length };
const ALONE = { ...NOTHING, images: 1, bytes: BYTES.length };

const signal = new AbortController().signal;

onEachStore(describeParts);

/** The URL of a part from before the upload ended is refused, and nothing of the upload is left. */
async function requireGone(service: GatedService, { image_id: id, parts: { urls } }: GrantOfParts): Promise<void> {
  for (const minutes of [2, 16]) {
    await service.sweep(minutes);
    assert.deepEqual([await filesOf(service), await unfinished(service)], [[], []], `${minutes} minutes later`);
  }
  const late = await sendPart(service, urls[0] ?? assert.fail(), BYTES);
  assert.ok(late.status >= 400 && late.status < 500, `${id}: ${late.status}`);
  assert.deepEqual(await filesOf(service), []);
  assert.deepEqual(await usageOf(service), NOTHING);
}

/** Holds the store's next `count` beginnings until all of them were asked for, and `then` has run. */
function holdBeginnings({ services: { multipart } }: GatedService, count: number, then = async () => {}): string[] {
  const { begin: beginNow } = multipart;
  const begun: string[] = [];
  let waiting = 0;
  const all = Promise.withResolvers<void>();
  multipart.begin = async (...options) => {
    waiting += 1;
    if (waiting === count) await then().then(all.resolve);
    await all.promise;
    const uploadId = await beginNow(...options);
    begun.push(uploadId);
    return uploadId;
  };
  return begun;
}

function describeParts(create: CreateGated): void {
  describe('an upload in parts', () => {
    it('of which nothing arrives expires a quarter of an hour after its first hour, and gives its space back', async () => {
      await using service = await create([]);
      const grant = await begin(service.request, BYTES);
      assert.deepEqual(await usageOf(service), RESERVED);
      assert.equal((await unfinished(service)).length, 1);
      await service.sweep(74);
      assert.equal((await recordOf(service, grant.image_id)).status, 'pending');
      await service.sweep(2);
      assert.equal((await recordOf(service, grant.image_id)).status, 'expired');
      assert.deepEqual(await usageOf(service), NOTHING);
      await requireGone(service, grant);
      const { status, parts } = await more(service.request, grant.image_id);
      assert.deepEqual([status, parts], ['expired', undefined]);
      assert.equal((await complete(service.request, grant.image_id)).status, 409);
    });

    it('of which a part arrives lives for 20 hours, as it says, and then its parts are removed', async () => {
      await using service = await create([]);
      const grant = await begin(service.request, BYTES);
      const end = Date.parse(grant.expires_at);
      assert.ok(Math.abs(end - Date.now() - 20 * HOURS * MINUTE_MS) < MINUTE_MS, grant.expires_at);
      await sendParts(service, grant, BYTES, [2]);
      for (const minutes of [76, 60, 17 * HOURS]) {
        await service.sweep(minutes);
        assert.equal((await pendingOf(service, grant.image_id)).expiresAt.getTime(), end);
      }
      await service.sweep(20 * HOURS - 2 - (76 + 60 + 17 * HOURS));
      const late = await more(service.request, grant.image_id);
      assert.deepEqual([late.expires_at, late.parts.received], [grant.expires_at, [2]]);
      for (const { expires_at } of late.parts.urls) assert.ok(Date.parse(expires_at) <= end, 'no URL outlives it');
      assert.deepEqual(await usageOf(service), RESERVED);
      await service.sweep(16);
      assert.equal((await recordOf(service, grant.image_id)).status, 'pending');
      await service.sweep(2);
      assert.equal((await recordOf(service, grant.image_id)).status, 'expired');
      await requireGone(service, late);
    });

    it('goes on in its last hours, and ends with the picture alone', async () => {
      await using service = await create([]);
      const { image_id: id, ...grant } = await begin(service.request, BYTES);
      await sendParts(service, { image_id: id, ...grant }, BYTES, [1]);
      await service.sweep(76);
      await service.sweep(18 * HOURS);
      await sendParts(service, await more(service.request, id), BYTES);
      assert.equal((await complete(service.request, id)).status, 200);
      await requireBytes(service.request, id, BYTES);
      await service.sweep(5 * HOURS);
      assert.equal((await filesOf(service)).length, 1);
      assert.deepEqual(await unfinished(service), []);
      assert.deepEqual(await usageOf(service), ALONE);
    });

    it('whose client dies after its last part is made ready by the last look, if its job was lost', async () => {
      await using service = await create([]);
      const grant = await begin(service.request, BYTES);
      await sendParts(service, grant, BYTES);
      await service.sweep(74);
      assert.equal((await recordOf(service, grant.image_id)).status, 'pending');
      await service.sweep(2);
      assert.equal((await recordOf(service, grant.image_id)).status, 'ready');
      await requireBytes(service.request, grant.image_id, BYTES);
      assert.equal((await filesOf(service)).length, 1);
      assert.deepEqual(await usageOf(service), ALONE);
    });

    it('is made ready by a read of its image once all parts are there', async () => {
      await using service = await create([]);
      const grant = await begin(service.request, BYTES);
      await sendParts(service, grant, BYTES, [1, 2]);
      assert.equal((await service.request(`/images/${grant.image_id}`)).status, 409);
      await sendParts(service, grant, BYTES, [3]);
      await requireBytes(service.request, grant.image_id, BYTES);
    });

    it('that is deleted takes no part, and leaves nothing', async () => {
      await using service = await create([]);
      const grant = await begin(service.request, BYTES);
      await sendParts(service, grant, BYTES, [1]);
      const deleted = await service.request(`/images/${grant.image_id}?user_id=ada`, { method: 'DELETE' });
      assert.equal(deleted.status, 200);
      assert.deepEqual(await usageOf(service), NOTHING);
      const late = await sendPart(service, grant.parts.urls[1] ?? assert.fail(), BYTES);
      assert.equal(late.status, 404, await late.text());
      await requireGone(service, grant);
    });

    it('keeps its parts through a PATCH, which its picture has at the end', async () => {
      await using service = await create([]);
      const grant = await begin(service.request, BYTES);
      await sendParts(service, grant, BYTES, [1, 3]);
      const { parts } = await pendingOf(service, grant.image_id);
      const patch = { ...json({ tags: ['panorama'], filename: 'wide.png' }), method: 'PATCH' };
      assert.equal((await service.request(`/images/${grant.image_id}`, patch)).status, 200);
      assert.deepEqual((await pendingOf(service, grant.image_id)).parts, parts);
      const rest = await more(service.request, grant.image_id);
      assert.deepEqual(rest.parts.received, [1, 3]);
      await sendParts(service, rest, BYTES);
      const image = (await (await complete(service.request, grant.image_id)).json()) as Record<string, unknown>;
      assert.deepEqual([image['status'], image['tags'], image['filename']], ['ready', ['panorama'], 'wide.png']);
    });

    it('is repeated by its Idempotency-Key, which doesn’t extend it', async () => {
      await using service = await create([]);
      const ask = async (): Promise<GrantOfParts> => {
        const fields = { user_id: 'ada', content_type: 'image/png', size: BYTES.length, parts: true };
        const answer = await service.request('/uploads', json(fields, { 'Idempotency-Key': 'one' }));
        return (await answer.json()) as GrantOfParts;
      };
      const first = await ask();
      await service.sweep(50);
      const again = await ask();
      assert.deepEqual([again.image_id, again.expires_at], [first.image_id, first.expires_at]);
      assert.equal((await unfinished(service)).length, 1);
      assert.deepEqual(await usageOf(service), RESERVED);
      await service.sweep(26);
      const { status, parts } = await ask();
      assert.deepEqual([status, parts], ['expired', undefined]);
    });
  });

  describe('the upload in the store', () => {
    /** As after a grant whose store was away: its client has the id from a list. */
    async function unbegun(service: GatedService): Promise<GrantOfParts> {
      const grant = await begin(service.request, BYTES);
      const { parts, ...image } = await pendingOf(service, grant.image_id);
      assert.ok(parts?.uploadId);
      await service.services.multipart.abort({ key: incomingKey('ada', image.id), uploadId: parts.uploadId });
      assert.ok(
        await service.services.images.replace({ ...image, parts }, { ...image, parts: { ...parts, uploadId: null } }),
      );
      return grant;
    }

    it('is begun anew if the store has lost it, and can be finished', async () => {
      await using service = await create([]);
      const grant = await begin(service.request, BYTES);
      await sendParts(service, grant, BYTES, [1, 2]);
      const { parts, id } = await pendingOf(service, grant.image_id);
      const lost = parts?.uploadId ?? assert.fail();
      await service.services.multipart.abort({ key: incomingKey('ada', id), uploadId: lost });
      assert.equal((await complete(service.request, id)).status, 409);
      assert.equal((await sendPart(service, grant.parts.urls[2] ?? assert.fail(), BYTES)).status, 404);
      const anew = await more(service.request, id);
      assert.deepEqual([anew.parts.received, anew.parts.urls.length, anew.expires_at], [[], 3, grant.expires_at]);
      const { parts: current } = await pendingOf(service, id);
      assert.notEqual(current?.uploadId, lost);
      assert.deepEqual(await unfinished(service), [current?.uploadId]);
      await sendParts(service, anew, BYTES);
      assert.equal((await complete(service.request, id)).status, 200);
      await requireBytes(service.request, id, BYTES);
      assert.equal((await filesOf(service)).length, 1);
    });

    it('is one, which the record names, after twenty requests that began it at the same time', async () => {
      await using service = await create([]);
      const { image_id: id } = await unbegun(service);
      const begun = holdBeginnings(service, 20);
      const answers = await Promise.all(Array.from({ length: 20 }, () => more(service.request, id)));
      assert.equal(begun.length, 20, 'expected that all of them raced');
      const { parts } = await pendingOf(service, id);
      assert.deepEqual(await unfinished(service), [parts?.uploadId]);
      const named = answers.flatMap((one) =>
        one.parts.urls.map(({ url }) => new URL(url).searchParams.get('uploadId')),
      );
      assert.deepEqual(new Set(named), new Set([parts?.uploadId]));
      await sendParts(service, answers[7] ?? assert.fail(), BYTES);
      assert.equal((await complete(service.request, id)).status, 200);
      await requireBytes(service.request, id, BYTES);
    });

    it('is one also if the image is changed while it begins', async () => {
      await using service = await create([]);
      const { image_id: id } = await unbegun(service);
      const patch = { ...json({ tags: ['late'] }), method: 'PATCH' };
      const begun = holdBeginnings(service, 1, async () => {
        assert.equal((await service.request(`/images/${id}`, patch)).status, 200);
      });
      const { parts: granted } = await more(service.request, id);
      assert.equal(begun.length, 2);
      const { parts, tags } = await pendingOf(service, id);
      assert.deepEqual([await unfinished(service), tags], [[parts?.uploadId], ['late']]);
      assert.equal(new URL(granted.urls[0]?.url ?? '').searchParams.get('uploadId'), parts?.uploadId);
    });

    it('is removed by the listing of uploads after an hour, unless the record of a pending image names it', async () => {
      await using service = await create([]);
      const { multipart, newId } = service.services;
      const grant = await begin(service.request, BYTES);
      const { parts } = await pendingOf(service, grant.image_id);
      const sizes = { contentType: 'image/png', sizeBytes: 9, partBytes: PART, checksums: false };
      const lefts = [grant.image_id, newId() as typeof grant.image_id];
      for (const id of lefts) await multipart.begin(incomingKey('ada', id), sizes);
      await service.sweep(59);
      assert.equal((await unfinished(service)).length, 3);
      await service.sweep(2);
      assert.deepEqual(await unfinished(service), [parts?.uploadId]);
      await sendParts(service, await more(service.request, grant.image_id), BYTES);
      assert.equal((await complete(service.request, grant.image_id)).status, 200);
      assert.equal((await filesOf(service)).length, 1);
    });

    it('is not begun if its image is deleted meanwhile', async () => {
      await using service = await create([]);
      const { image_id: id } = await unbegun(service);
      holdBeginnings(service, 1, async () => {
        await service.request(`/images/${id}?user_id=ada`, { method: 'DELETE' });
      });
      const refused = await service.request(`/uploads/${id}/parts`, json({}));
      assert.ok([404, 503].includes(refused.status), `${refused.status}`);
      assert.deepEqual(await unfinished(service), []);
    });
  });
}

describe('an upload in parts', () => {
  it('whose client dies after its last part is made ready by the job that its URLs sent', async () => {
    await using service = await createGatedService([]);
    const grant = await begin(service.request, BYTES);
    await sendParts(service, grant, BYTES);
    const receive = () => service.services.jobs.receive({ limit: 10, waitSeconds: 0, signal });
    assert.deepEqual(await receive(), [], 'not before its URLs have ended');
    service.clock.offsetMs += 7 * MINUTE_MS;
    const [delivery] = await receive();
    assert.ok(delivery?.job);
    await perform(service.services, delivery.job);
    assert.equal((await recordOf(service, grant.image_id)).status, 'ready');
    await requireBytes(service.request, grant.image_id, BYTES);
    assert.equal((await filesOf(service)).length, 1);
  });
});

describe('the deletion of a user', () => {
  it('removes uploads in parts, and refuses a part that comes later', async () => {
    await using service = await createGatedService([]);
    const grant = await begin(service.request, BYTES);
    const other = await begin(service.request, BYTES, { user_id: 'bob' });
    await sendParts(service, grant, BYTES, [1]);
    await sendParts(service, other, BYTES, [1]);
    const { operator, ...services } = service.services;
    assert.ok(operator);
    await deleteUser({ ...services, ...operator }, { userId: 'ada', blockDays: undefined });
    assert.ok((await filesOf(service)).every((path) => path.startsWith('parts/incoming/bob/')));
    const late = await sendPart(service, grant.parts.urls[1] ?? assert.fail(), BYTES);
    assert.equal(late.status, 403);
    assert.equal((await filesOf(service)).length, 2);
    await sendParts(service, other, BYTES, [2, 3]);
    assert.equal((await complete(service.request, other.image_id)).status, 200);
  });
});
