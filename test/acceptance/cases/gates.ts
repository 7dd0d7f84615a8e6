import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CreatedKey, Image } from '../answers.ts';
import { type Api, bodyOf, connect, ids, json, newUser, put, requireProblem } from '../api.ts';
import { eventually } from '../eventually.ts';
import { PASSED, PRIVATE_REASON, REASON, REFUSED } from '../gate.ts';
import { type Bytes, picture } from '../pictures.ts';

const POST: RequestInit = { method: 'POST' };
const BYTES = ['', '/original', '/download', '/renditions/thumb', '/renditions/thumb/download'];
const OF_READY = ['s3_key', 's3_url', 'placeholder', 'dominant_color', 'renditions'] as const;

interface Decisions {
  readonly sha256: string | null;
  readonly waits_for: string | null;
  readonly decisions: readonly {
    readonly gate: string;
    readonly by: string;
    readonly verdict: string;
    readonly private_reason: string | null;
  }[];
}

export const describeGates = (api: Api): void => {
  if (api.hasGates) describeGated(api);
  else describeNone(api);
};

const describeNone = (api: Api): void => {
  describe('A service without gates', () => {
    it('says so in GET /, and holds no image', async () => {
      const user_id = newUser();
      const image = await api.upload(user_id, await picture());
      assert.equal(image.status, 'ready');
      assert.equal((await api.list({ user_id, status: 'held' })).count, 0);
      if (api.asAdmin) assert.deepEqual(await api.asAdmin.ask('/gates'), { gates: [], rescans: [] });
    });
  });
};

/** With a gate `people`, which decides by tags, or leaves the image to people. */
const describeGated = (api: Api): void => {
  const admin = api.asAdmin ?? assert.fail('expected the key of an admin');
  const decide = (id: string, decision: object): Promise<Decisions> =>
    admin.ask(`/images/${id}/decision`, json(decision));
  const decisionsOf = (id: string): Promise<Decisions> => admin.ask(`/images/${id}/decisions`);

  /** By a grant, a PUT and `complete`. */
  async function upload(user_id: string, body: Bytes, tags: readonly string[] = []): Promise<Image> {
    const grant = await api.grant({ user_id, content_type: 'image/jpeg', tags });
    await put(grant, body);
    return api.ask<Image>(`/images/${grant.image_id}/complete`, POST);
  }

  async function uploadDirectly(
    user_id: string,
    body: Bytes,
    tags: readonly string[] = [],
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const form = new FormData();
    form.set('user_id', user_id);
    for (const tag of tags) form.append('tags', tag);
    form.set('file', new File([body], 'a.jpg', { type: 'image/jpeg' }));
    return api.send('/images', { method: 'POST', body: form, headers });
  }

  async function requireUnseen(image: Image, user_id: string): Promise<void> {
    for (const way of BYTES) {
      const { params } = await api.refused('image-not-ready', `/images/${image.image_id}${way}`);
      assert.deepEqual(params, { status: 'held' }, way);
    }
    const { url } = await api.link(image.image_id, { w: 8 });
    await api.refused('image-not-ready', url);
    await api.refused('image-not-ready', `/images/${image.image_id}/links`, json({ what: 'original' }));
    await api.refused('image-not-ready', `/images/${image.image_id}/trash`, POST);
    for (const field of OF_READY) assert.equal(image[field], null, field);
    assert.deepEqual(ids((await api.list({ user_id })).images), []);
    await api.listOf({ user_id, status: 'held' }, [image.image_id]);
  }

  const jpeg = () => picture({ type: 'image/jpeg', width: 640, height: 480 });

  describe('An image before a gate', () => {
    it('is held after complete: nothing serves it, and its owner and moderators list it as held', async () => {
      const user_id = newUser();
      const held = await upload(user_id, await jpeg());
      assert.equal(held.status, 'held');
      assert.ok(held.size && held.sha256 && held.width === 640);
      await requireUnseen(held, user_id);
      assert.deepEqual(await api.metadata(held.image_id), held);
      assert.deepEqual(await api.ask(`/images/${held.image_id}/metadata?wait=20`), held);
      assert.deepEqual(await api.ask(`/images/${held.image_id}/complete`, POST), held);
      const { waits_for, decisions } = await decisionsOf(held.image_id);
      assert.deepEqual([waits_for, decisions], ['people', []]);
    });

    it('is ready once it is approved, with the bytes that were sent, and not held any more', async () => {
      const user_id = newUser();
      const body = await jpeg();
      const { image_id, sha256 } = await upload(user_id, body, ['sea']);
      await decide(image_id, { gate: 'people', sha256, verdict: 'pass' });
      const ready = await becomes(image_id, 'ready');
      assert.equal(ready.sha256, sha256);
      assert.deepEqual(await api.read(`/images/${image_id}/original`), body);
      await api.read(`/images/${image_id}/renditions/thumb`);
      await api.listOf({ user_id, tag: 'sea' }, [image_id]);
      await api.listOf({ user_id, status: 'held' }, []);
      const { decisions } = await decisionsOf(image_id);
      assert.deepEqual(
        decisions.map(({ gate, by, verdict }) => [gate, by, verdict]),
        [['people', 'person', 'pass']],
      );
    });

    it('is rejected once it is refused: its uploader is told the reason, moderators the private one too', async () => {
      const user_id = newUser();
      const { image_id, sha256 } = await upload(user_id, await jpeg());
      await decide(image_id, {
        gate: 'people',
        sha256,
        verdict: 'refuse',
        reason: REASON,
        private_reason: PRIVATE_REASON,
      });
      const rejected = await becomes(image_id, 'rejected');
      assert.deepEqual(rejected.rejection, { code: 'refused-by-gate', detail: REASON });
      assert.ok(!JSON.stringify(rejected).includes(PRIVATE_REASON));
      const refused = await api.refused('refused-by-gate', `/images/${image_id}/complete`, POST);
      assert.equal(refused.detail, REASON);
      for (const way of BYTES) await api.refused('image-not-ready', `/images/${image_id}${way}`);
      assert.equal((await decisionsOf(image_id)).decisions[0]?.private_reason, PRIVATE_REASON);
      await api.listOf({ user_id, status: 'held' }, []);
      await api.listOf({ user_id, status: 'rejected' }, [image_id]);
    });

    /** With a user who has no images. */
    async function requireAtOnce(user_id: string): Promise<void> {
      const passed = await uploadDirectly(user_id, await jpeg(), [PASSED]);
      const { image_id, status } = (await passed.json()) as Image;
      assert.deepEqual([passed.status, status], [201, 'ready']);
      const { detail } = await requireProblem(
        await uploadDirectly(user_id, await jpeg(), [REFUSED]),
        'refused-by-gate',
      );
      assert.equal(detail, REASON);
      const grant = await api.grant({ user_id, content_type: 'image/jpeg', tags: [REFUSED] });
      await put(grant, await jpeg());
      await api.refused('refused-by-gate', `/images/${grant.image_id}/complete`, POST);
      await api.listOf({ user_id }, [image_id]);
      await api.listOf({ user_id, status: 'rejected' }, [grant.image_id]);
    }

    it('is ready or refused at once if the gate says so at once; of a refused direct upload nothing stays', () =>
      eventually(() => requireAtOnce(newUser()))); // an image whose gate a busy machine asks too late is held

    it('is held after a direct upload too: 201, and ready once it is approved', async () => {
      const user_id = newUser();
      const body = await jpeg();
      const answer = await uploadDirectly(user_id, body);
      const held = (await answer.json()) as Image;
      assert.deepEqual([answer.status, held.status], [201, 'held']);
      await requireUnseen(held, user_id);
      await decide(held.image_id, { gate: 'people', sha256: held.sha256, verdict: 'pass' });
      await becomes(held.image_id, 'ready');
      assert.deepEqual(await api.read(`/images/${held.image_id}/original`), body);
    });

    it('is kept as one image if its upload is repeated, and counts in the usage of its owner until it is deleted', async () => {
      const user_id = newUser();
      const body = await jpeg();
      const again = { 'Idempotency-Key': newUser() };
      const [first, second] = [
        await uploadDirectly(user_id, body, [], again),
        await uploadDirectly(user_id, body, [], again),
      ];
      const held = (await first.json()) as Image;
      assert.deepEqual([second.status, await second.json()], [201, held]);
      if (!api.countsUsage) return;
      const usage = () => api.ask<{ images: number; bytes: number }>(`/usage?user_id=${user_id}`);
      assert.partialDeepStrictEqual(await usage(), { images: 1, bytes: body.length });
      await api.ask(`/images/${held.image_id}`, { method: 'DELETE' });
      assert.partialDeepStrictEqual(await usage(), { images: 0, bytes: 0 });
    });

    it('may be deleted: then it can be decided no more', async () => {
      const { image_id, sha256 } = await upload(newUser(), await jpeg());
      await api.ask(`/images/${image_id}`, { method: 'DELETE' });
      await admin.refused(
        'image-not-found',
        `/images/${image_id}/decision`,
        json({ gate: 'people', sha256, verdict: 'pass' }),
      );
      await api.refused('image-not-found', `/images/${image_id}/metadata`);
    });

    it('keeps its bytes, whatever is sent to its URL again', async () => {
      const body = await jpeg();
      const grant = await api.grant({ user_id: newUser(), content_type: 'image/jpeg' });
      await put(grant, body);
      const { image_id, sha256 } = await api.ask<Image>(`/images/${grant.image_id}/complete`, POST);
      await put(grant, await picture({ type: 'image/jpeg', width: 64, height: 64 }));
      assert.equal((await api.ask<Image>(`/images/${image_id}/complete`, POST)).sha256, sha256);
      await decide(image_id, { gate: 'people', sha256, verdict: 'pass' });
      await becomes(image_id, 'ready');
      assert.deepEqual(await api.read(`/images/${image_id}/original`), body);
    });
  });

  describe('A decision', () => {
    it('may be repeated; one that contradicts it, one about other bytes and one for another gate are a 409', async () => {
      const { image_id, sha256 } = await upload(newUser(), await jpeg());
      const other = 'a'.repeat(64);
      const path = `/images/${image_id}/decision`;
      const refused = (decision: object, code: 'not-awaited' | 'already-decided') =>
        admin.refused(code, path, json({ gate: 'people', sha256, verdict: 'pass', ...decision }));
      await refused({ sha256: other }, 'not-awaited');
      await refused({ gate: 'nobody' }, 'not-awaited');
      for (let times = 0; times < 3; times += 1) await decide(image_id, { gate: 'people', sha256, verdict: 'pass' });
      await refused({ verdict: 'refuse', reason: REASON }, 'already-decided');
      await becomes(image_id, 'ready');
      await refused({ verdict: 'refuse', reason: REASON }, 'already-decided');
      assert.equal((await decisionsOf(image_id)).decisions.length, 1);
    });

    it('is for moderators: their key sees held images and what the gate saw, and nothing else', async () => {
      const user_id = newUser();
      const { image_id, sha256 } = await upload(user_id, await jpeg());
      const key = await admin.ask<CreatedKey>(
        '/keys',
        json({ name: 'moderator', acts_as: ['*'], scopes: ['images:moderate'] }),
      );
      const moderator = await connect(api.base, { token: key.key });
      const decision = json({ gate: 'people', sha256, verdict: 'pass' });
      await api.refused('missing-scope', `/images/${image_id}/decision`, decision);
      await api.refused('missing-scope', `/images/${image_id}/review`);

      const review = await moderator.send(`/images/${image_id}/review`);
      assert.equal(review.status, 200);
      assert.deepEqual(
        [review.headers.get('content-type'), review.headers.get('cache-control')],
        ['image/jpeg', 'no-store'],
      );
      assert.ok((await bodyOf(review)).length > 0);
      await moderator.listOf({ user_id, status: 'held' }, [image_id]);
      await moderator.refused('missing-scope', `/images?user_id=${user_id}`);
      await moderator.refused('missing-scope', `/images/${image_id}/original`);
      await moderator.ask(`/images/${image_id}/decision`, decision);
      await becomes(image_id, 'ready');
      await moderator.refused('not-awaited', `/images/${image_id}/review`);
    });
  });

  /** A worker may publish what was decided. */
  const becomes = (id: string, status: Image['status']): Promise<Image> =>
    eventually(async () => {
      const image = await api.metadata(id);
      assert.equal(image.status, status);
      return image;
    });
};
