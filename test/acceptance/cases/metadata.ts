import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Image } from '../answers.ts';
import { type Api, bodyOf, json, newUser, putGood } from '../api.ts';
import { picture } from '../pictures.ts';
import { FIELD_LIMITS } from './refusals.ts';

const SAID = { tags: ['a', 'b'], description: 'before', metadata: { a: 1 }, filename: 'before.png' };
const ABSENT_USER = { 'X-User-Id': newUser() };

export const describeMetadata = (api: Api): void => {
  /** An image with every field set. */
  const described = async (user = newUser()): Promise<Image> => {
    const grant = await api.grant({ user_id: user, ...SAID });
    await putGood(grant, await picture());
    return api.ask(`/images/${grant.image_id}/complete`, { method: 'POST' });
  };
  const patch = (id: string, fields: object, headers: Record<string, string> = {}) =>
    api.ask<Image>(`/images/${id}/metadata`, json(fields, headers, 'PATCH'));
  const tag = async (id: string): Promise<string> => {
    const response = await api.send(`/images/${id}/metadata`);
    await response.arrayBuffer();
    return response.headers.get('etag') ?? '';
  };

  describe('GET /images/{id}/metadata', () => {
    it('answers the same JSON as a list, with the ETag "<revision>.<hash>"', async () => {
      const user = newUser();
      const image = await described(user);
      assert.deepEqual(await api.metadata(image.image_id), image);
      assert.deepEqual((await api.listOf({ user_id: user }, [image.image_id])).images, [image]);
      assert.match(await tag(image.image_id), /^"\d+\.[0-9a-f]+"$/);
    });

    it('answers the same ETag until a change, and a new ETag after each change', async () => {
      const { image_id } = await described();
      const first = await tag(image_id);
      assert.equal(await tag(image_id), first);
      await patch(image_id, { description: 'after' });
      const second = await tag(image_id);
      assert.notEqual(second, first);
      await patch(image_id, { description: 'before' });
      assert.ok(![first, second].includes(await tag(image_id)));
    });
  });

  describe('PATCH of metadata', () => {
    for (const path of ['/metadata', '']) {
      it(`on /images/{id}${path} changes tags, description, metadata or filename, and keeps absent fields`, async () => {
        const image = await described();
        const changes = {
          tags: [' c', 'c'],
          description: 'after',
          metadata: { b: [2] },
          filename: 'after.png',
          focal_point: { x: 0.25, y: 0.75 },
        } as const;
        let expected: Image = image;
        for (const [field, value] of Object.entries(changes)) {
          const init = json({ [field]: value }, {}, 'PATCH');
          const changed = await api.ask<Image>(`/images/${image.image_id}${path}`, init);
          assert.ok(changed.updated_at >= expected.updated_at);
          const current = { updated_at: changed.updated_at, revision: expected.revision + 1 };
          expected = { ...expected, ...current, [field]: field === 'tags' ? ['c'] : value };
          assert.deepEqual(changed, expected);
          assert.deepEqual(await api.metadata(image.image_id), expected);
        }
      });
    }

    it('answers the new ETag and a later updated_at', async () => {
      const image = await described();
      await delay(5); // times have milliseconds
      const init = json({ description: 'after' }, {}, 'PATCH');
      const response = await api.send(`/images/${image.image_id}/metadata`, init);
      const { updated_at } = (await response.json()) as Image;
      assert.equal(response.headers.get('etag'), await tag(image.image_id));
      assert.ok(updated_at > image.updated_at, `${image.updated_at}, then ${updated_at}`);
    });

    it('clears tags, description and metadata that are null', async () => {
      const { image_id } = await described();
      const cleared = await patch(image_id, { tags: null, description: null, metadata: null });
      assert.deepEqual([cleared.tags, cleared.description, cleared.metadata], [[], null, {}]);
    });

    it('of the filename keeps the object key and changes the filename of the served bytes', async () => {
      const image = await described();
      const { s3_key } = await patch(image.image_id, { filename: 'after.png' });
      assert.equal(s3_key, image.s3_key);
      const response = await api.send(`/images/${image.image_id}`);
      assert.match(response.headers.get('content-disposition') ?? '', /filename\*=UTF-8''after\.png/);
      assert.ok((await bodyOf(response)).length > 0);
    });

    it('of tags changes the lists by tag', async () => {
      const user = newUser();
      const { image_id } = await described(user);
      await patch(image_id, { tags: ['b', 'c'] });
      for (const [tag, expected] of [
        ['a', []],
        ['b', [image_id]],
        ['c', [image_id]],
      ] as const) {
        await api.listOf({ user_id: user, tag }, expected);
      }
    });

    it('refuses an unknown or immutable field with 400 and changes nothing', async () => {
      const image = await described();
      for (const [field, value] of Object.entries({
        image_id: image.image_id,
        user_id: newUser(),
        content_type: 'image/jpeg',
        size: 1,
        width: 1,
        sha256: image.sha256,
        status: 'pending',
        s3_key: 'x',
        created_at: image.created_at,
        upload_time: image.upload_time,
        placeholder: null,
        colour: 'red',
      })) {
        const init = json({ description: 'after', [field]: value }, {}, 'PATCH');
        const problem = await api.refused('invalid-request', `/images/${image.image_id}/metadata`, init);
        assert.match(JSON.stringify(problem), new RegExp(field));
      }
      assert.deepEqual(await api.metadata(image.image_id), image);
    });

    it('refuses a body that is not a JSON object with 400', async () => {
      const { image_id } = await described();
      for (const [code, body] of [
        ['malformed-body', '{'],
        ['malformed-body', ''],
        ['invalid-request', '[]'],
        ['invalid-request', 'null'],
        ['invalid-request', '"x"'],
      ] as const) {
        await api.refused(code, `/images/${image_id}/metadata`, { ...json({}, {}, 'PATCH'), body });
      }
    });

    for (const [limit, { field, at, past }] of Object.entries(FIELD_LIMITS)) {
      it(`accepts a field at its limit, and refuses ${limit}`, async () => {
        const { image_id } = await described();
        const taken = await patch(image_id, at('🌅'));
        assert.deepEqual(taken[field as keyof Image], Object.values(at('🌅'))[0]);
        const init = json(past('🌅'), {}, 'PATCH');
        await api.refused('invalid-request', `/images/${image_id}/metadata`, init, field);
        assert.deepEqual(await api.metadata(image_id), taken);
      });
    }

    it(`answers ${api.isOpen ? 403 : 404} to another user and changes nothing`, async () => {
      const image = await described();
      const init = json({ description: 'after' }, ABSENT_USER, 'PATCH');
      await api.refused(api.notOwner, `/images/${image.image_id}/metadata`, init);
      assert.deepEqual(await api.metadata(image.image_id), image);
    });

    it('changes a pending image, which keeps the change when it becomes ready', async () => {
      const grant = await api.grant({ user_id: newUser(), ...SAID });
      assert.equal((await patch(grant.image_id, { description: 'after', tags: ['c'] })).status, 'pending');
      await putGood(grant, await picture());
      const { status, description, tags } = await api.metadata(grant.image_id);
      assert.deepEqual([status, description, tags], ['ready', 'after', ['c']]);
    });

    it('takes effect during finalize, and the image becomes ready', async () => {
      const grant = await api.grant({ user_id: newUser(), ...SAID });
      const bytes = await picture({ width: 400, height: 400 });
      const patches = Array.from({ length: 10 }, (_, index) =>
        patch(grant.image_id, { description: `after ${index}` }),
      );
      await Promise.all([putGood(grant, bytes), ...patches]);
      const { status, description, size } = await api.metadata(grant.image_id);
      assert.deepEqual([status, size], ['ready', bytes.length]);
      assert.match(description ?? '', /^after \d$/);
    });

    it('does not undo a concurrent delete', async () => {
      const { image_id } = await described();
      const init = json({ description: 'after' }, {}, 'PATCH');
      const requests = Array.from({ length: 9 }, () => api.send(`/images/${image_id}/metadata`, init));
      const deletion = api.ask(`/images/${image_id}`, { method: 'DELETE' });
      for (const response of await Promise.all(requests)) {
        await response.arrayBuffer();
        assert.ok(response.status === 200 || response.status === 404, String(response.status));
      }
      await deletion;
      await api.refused('image-not-found', `/images/${image_id}/metadata`);
    });
  });

  describe('If-Match on PATCH', () => {
    it('may be the current ETag, its revision alone, or *', async () => {
      const { image_id } = await described();
      const changed = await patch(image_id, { description: 'zero' }, { 'If-Match': await tag(image_id) });
      assert.equal(changed.description, 'zero');
      const [, revision] = /^"(\d+)/.exec(await tag(image_id)) ?? [];
      const again = await patch(image_id, { description: 'one' }, { 'If-Match': `"${revision}"` });
      assert.equal(again.description, 'one');
      assert.equal((await patch(image_id, { description: 'two' }, { 'If-Match': '*' })).description, 'two');
    });

    it('is compared by its revision only, not by its hash', async () => {
      const { image_id } = await described();
      const [, revision] = /^"(\d+)/.exec(await tag(image_id)) ?? [];
      const elsewhere = `"${revision}.0123456789abcdef"`;
      assert.equal((await patch(image_id, { description: 'one' }, { 'If-Match': elsewhere })).description, 'one');
      const init = json({ description: 'two' }, { 'If-Match': elsewhere }, 'PATCH');
      await api.refused('revision-conflict', `/images/${image_id}/metadata`, init);
    });

    it('with a stale ETag is 412 revision-conflict and changes nothing', async () => {
      const { image_id } = await described();
      const stale = await tag(image_id);
      const current = await patch(image_id, { description: 'one' });
      for (const path of ['/metadata', '']) {
        const init = json({ description: 'two' }, { 'If-Match': stale }, 'PATCH');
        await api.refused('revision-conflict', `/images/${image_id}${path}`, init);
      }
      assert.deepEqual(await api.metadata(image_id), current);
    });

    it('with a malformed value is 400', async () => {
      const { image_id } = await described();
      for (const value of ['1', 'x', '"1', '""1""']) {
        const init = json({ description: 'two' }, { 'If-Match': value }, 'PATCH');
        await api.refused('invalid-request', `/images/${image_id}/metadata`, init);
      }
    });

    it('with the same revision lets one of several concurrent requests succeed', async () => {
      const { image_id } = await described();
      const headers = { 'If-Match': await tag(image_id) };
      const statuses = await Promise.all(
        Array.from({ length: 10 }, async (_, index) => {
          const init = json({ description: `after ${index}` }, headers, 'PATCH');
          const response = await api.send(`/images/${image_id}/metadata`, init);
          await response.arrayBuffer();
          return response.status;
        }),
      );
      assert.deepEqual(statuses.toSorted(), [200, ...Array.from({ length: 9 }, () => 412)]);
    });
  });
};
