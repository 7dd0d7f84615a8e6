import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import type { Grant, Image, Trashed } from '../answers.ts';
import { type Api, bodyOf, json, newUser, putGood } from '../api.ts';
import { type DirectUpload, FORMS, type Sending, type Upload } from '../forms.ts';
import { picture } from '../pictures.ts';

/** A grant, or what became of the upload of a used Idempotency-Key. */
type UploadState = Pick<Grant, 'image_id' | 'method' | 'headers' | 'max_size'> & {
  readonly upload_url: string | null;
  readonly expires_at: string | null;
  readonly status: string;
};

const keyed = ([path, init]: Sending, key: string): Sending => {
  const headers = new Headers(init.headers);
  headers.set('Idempotency-Key', key);
  return [path, { ...init, headers }];
};

export const describeCanonicalUploads = (api: Api): void => {
  /** The JSON of a 201, and its Location. */
  const created = async <Answer>([path, init]: Sending): Promise<{ answer: Answer; location: string | null }> => {
    const response = await api.send(path, init);
    const text = await response.text();
    assert.equal(response.status, 201, text);
    assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
    return { answer: JSON.parse(text) as Answer, location: response.headers.get('location') };
  };
  /** The JSON of a 201, whose Location is the image's JSON. */
  const create = async <Answer extends { image_id: string }>(sending: Sending): Promise<Answer> => {
    const { answer, location } = await created<Answer>(sending);
    assert.equal(location, `/images/${answer.image_id}/metadata`);
    return answer;
  };
  const grant = (upload: Upload, key = randomUUID()) =>
    create<UploadState>(keyed(FORMS['POST /uploads']({ ...upload, bytes: new Uint8Array() }), key));
  const store = (upload: DirectUpload, key = randomUUID()) => create<Image>(keyed(FORMS['POST /images'](upload), key));

  describe('Canonical uploads', () => {
    it('POST /uploads, JSON: 201 with a grant, and Location: /images/{id}/metadata', async () => {
      const bytes = await picture();
      const upload = await grant({ user: newUser(), tags: ['sea'], filename: 'a.png' });
      assert.deepEqual(Object.keys(upload).toSorted(), [
        ...['expires_at', 'headers', 'image_id', 'max_size', 'method', 'status', 'upload_url'],
      ]);
      assert.deepEqual([upload.status, upload.method], ['pending', 'PUT']);
      assert.equal(upload.max_size, api.limits.max_upload_bytes);
      await putGood(upload as Grant, bytes);
      const image = await api.metadata(upload.image_id);
      assert.deepEqual([image.status, image.filename, image.tags], ['ready', 'a.png', ['sea']]);
    });

    it('POST /images, multipart: 201 with the verified image, and Location: /images/{id}/metadata', async () => {
      const bytes = await picture({ width: 40, height: 30 });
      const image = await store({ user: newUser(), bytes, tags: ['sea'], filename: 'a.png' });
      assert.deepEqual([image.status, image.width, image.height], ['ready', 40, 30]);
      assert.deepEqual(image, await api.metadata(image.image_id));
      assert.deepEqual(await bodyOf(await api.send(`/images/${image.image_id}/original`)), bytes);
    });

    it('POST /images: its other fields may stand in the query', async () => {
      const body = new FormData();
      body.set('file', new File([await picture()], 'a.png', { type: 'image/png' }));
      const user = newUser();
      const { user_id, tags } = await create<Image>([`/images?user_id=${user}&tags=a,b`, { method: 'POST', body }]);
      assert.deepEqual([user_id, tags], [user, ['a', 'b']]);
    });

    it('each accepts one form of body: another is 400 and names the route for it', async () => {
      const [user, bytes] = [newUser(), await picture()];
      const [, form] = FORMS['multipart/form-data']({ user, bytes });
      const [, jsonGrant] = FORMS['a grant by JSON']({ user, bytes });
      const [, raw] = FORMS['a raw body']({ user, bytes });
      const [, untyped] = FORMS['a raw body']({ user, bytes, type: 'application/octet-stream' });
      const misdirected = [
        ['/uploads', form, 'POST /images'],
        ['/uploads', raw, 'POST /images accepts the image in a form'],
        ['/uploads', untyped, 'POST /images accepts the image in a form'],
        ['/uploads', { method: 'POST' }, 'POST /images'],
        ...(api.ingests ? [] : [['/images', jsonGrant, 'POST /uploads'] as const]), // JSON has a URL there
        ['/images', raw, 'multipart/form-data with the image in its part "file"'],
        ['/images', untyped, 'multipart/form-data with the image in its part "file"'],
        ['/images', { method: 'POST' }, 'POST /uploads'],
      ] as const;
      for (const [path, init, advice] of misdirected) {
        const { detail } = await api.refused('unsupported-body', `${path}?user_id=${user}`, init);
        assert.ok(detail.includes(advice), detail);
        assert.ok(!detail.includes('send them as that'), detail);
      }
      if (api.ingests) await api.refused('invalid-request', `/images?user_id=${user}`, jsonGrant, '/url');
      const file = Buffer.from(bytes).toString('base64');
      const { detail } = await api.refused(
        'invalid-request',
        '/uploads',
        json({ user_id: user, content_type: 'image/png', file }),
        '/file',
      );
      assert.ok(detail.includes('POST /images'), detail);
      assert.equal((await api.list({ user_id: user, status: 'pending' })).count, 0);
    });

    it('a replay answers the same status and Location: a grant while it is pending and after its upload', async () => {
      const [user, key] = [newUser(), randomUUID()];
      const first = await grant({ user }, key);
      const replay = await grant({ user }, key);
      assert.deepEqual([replay.image_id, replay.status], [first.image_id, 'pending']);
      assert.ok(replay.upload_url);
      await putGood(replay as Grant, await picture());
      assert.equal((await api.metadata(first.image_id)).status, 'ready');
      const used = await grant({ user }, key);
      const { image_id, max_size } = first;
      const none = { upload_url: null, expires_at: null, headers: {} };
      assert.deepEqual(used, { image_id, max_size, method: 'PUT', status: 'ready', ...none });
    });

    it('a replay answers the same status and Location: a direct upload, its image as it is now', async () => {
      const [user, bytes, key] = [newUser(), await picture(), randomUUID()];
      const first = await store({ user, bytes }, key);
      assert.deepEqual(await store({ user, bytes }, key), first);
    });

    it('a replay for a trashed or deleted image answers only that, in the shape of an image, without Location', async () => {
      const [user, bytes, key] = [newUser(), await picture(), randomUUID()];
      const upload = { user, bytes, filename: 'a.png', tags: ['sea'], description: 'd', metadata: { a: 1 } };
      const first = await store(upload, key);
      const again = () => created<Image>(keyed(FORMS['POST /images'](upload), key));
      const requireEmpty = ({ answer, location }: { answer: Image; location: string | null }) => {
        assert.equal(location, null);
        assert.equal(answer.image_id, first.image_id);
        const { tags, description, metadata, size, width, s3_url, renditions } = answer;
        assert.deepEqual([tags, description, metadata], [[], null, {}]);
        assert.deepEqual([size, width, s3_url, renditions], [null, null, null, null]);
      };
      const { purge_at } = await api.ask<Trashed>(`/images/${first.image_id}/trash`, { method: 'POST' });
      const trashed = await again();
      requireEmpty(trashed);
      assert.deepEqual([trashed.answer.status, trashed.answer.purge_at], ['trashed', purge_at]);
      const fields = Object.keys(first).toSorted();
      assert.deepEqual(Object.keys(trashed.answer).toSorted(), [...fields, 'purge_at'].toSorted());

      await api.ask(`/images/${first.image_id}/restore`, { method: 'POST' });
      assert.equal((await store(upload, key)).status, 'ready');
      await api.ask(`/images/${first.image_id}`, { method: 'DELETE' });
      const deleted = await again();
      requireEmpty(deleted);
      assert.deepEqual([deleted.answer.status, Object.keys(deleted.answer).toSorted()], ['deleted', fields]);
    });

    it('a replay of a grant for a trashed or deleted image has no Location', async () => {
      const [user, key] = [newUser(), randomUUID()];
      const { image_id } = await grant({ user }, key);
      const again = () => created<UploadState>(keyed(FORMS['POST /uploads']({ user, bytes: new Uint8Array() }), key));
      await putGood((await again()).answer as Grant, await picture());
      assert.equal((await api.metadata(image_id)).status, 'ready');
      for (const [status, path, method] of [
        ['trashed', `/images/${image_id}/trash`, 'POST'],
        ['deleted', `/images/${image_id}`, 'DELETE'],
      ] as const) {
        await api.ask(path, { method });
        const { answer, location } = await again();
        assert.deepEqual([answer.status, answer.upload_url, location], [status, null, null]);
      }
    });

    it('a key of a grant is no key of a direct upload, nor the other way round: 409', async () => {
      const [user, bytes] = [newUser(), await picture()];
      const [grants, stores] = [randomUUID(), randomUUID()];
      const { image_id } = await grant({ user }, grants);
      await api.refused('idempotency-conflict', ...keyed(FORMS['POST /images']({ user, bytes }), grants));
      await store({ user, bytes }, stores);
      await api.refused('idempotency-conflict', ...keyed(FORMS['POST /uploads']({ user, bytes }), stores));
      assert.equal((await grant({ user }, grants)).image_id, image_id);
    });

    it('a key is the same on POST /images/upload, whose requests mean the same', async () => {
      const [user, bytes] = [newUser(), await picture()];
      const [grants, stores] = [randomUUID(), randomUUID()];
      const granted = await grant({ user }, grants);
      const replay = await api.ask<Grant>(...keyed(FORMS['a grant by JSON']({ user, bytes }), grants));
      assert.equal(replay.image_id, granted.image_id);
      const image = await store({ user, bytes }, stores);
      assert.deepEqual(await api.ask<Image>(...keyed(FORMS['multipart/form-data']({ user, bytes }), stores)), image);
    });
  });
};
