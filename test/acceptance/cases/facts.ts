import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Changes, Facts, Image } from '../answers.ts';
import { type Api, json, newUser } from '../api.ts';
import { picture } from '../pictures.ts';

const UNKNOWN = '01a1f82b-80d8-703c-9c86-1b8ba42038d1';

export const describeFacts = (api: Api): void => {
  const upload = async (user = newUser()): Promise<Image> => api.upload(user, await picture());
  const facts = (id: string): Promise<Facts> => api.ask<Facts>(`/images/${id}/facts`);
  const correct = (id: string, changes: object, headers: Record<string, string> = {}): Promise<Image> =>
    api.ask<Image>(`/images/${id}`, json(changes, headers, 'PATCH'));
  const change = (user_id: string, body: object): Promise<Changes> =>
    api.ask<Changes>('/images/change', json({ user_id, ...body }));
  const codesOf = ({ results }: Changes) => results.map(({ status, error }) => error?.code ?? status);

  describe('Corrections of what a picture says', () => {
    it('taken_at is set, set otherwise and removed, and the answer has it', async () => {
      const { image_id } = await upload();
      assert.equal((await facts(image_id)).taken_at, null);
      for (const [given, expected] of [
        ['2019-05-04', '2019-05-04T00:00:00.000'],
        ['1931-12-31T23:59', '1931-12-31T23:59:00.000'],
        ['9999-12-31T23:59:59.999', '9999-12-31T23:59:59.999'],
        [null, null],
      ]) {
        const corrected = await correct(image_id, { taken_at: given });
        assert.equal(corrected.facts?.taken_at, expected);
        assert.deepEqual((await api.metadata(image_id)).facts, corrected.facts);
        assert.equal((await facts(image_id)).taken_at, expected);
      }
    });

    it('position is told by /facts alone', async () => {
      const { image_id, user_id } = await upload();
      const position = { latitude: -33.8567844, longitude: 151.2152967 };
      const corrected = await correct(image_id, { position });
      assert.deepEqual((await facts(image_id)).position, position);
      const { images } = await api.listOf({ user_id }, [image_id]);
      for (const answer of [corrected, images[0], await api.metadata(image_id)])
        assert.ok(!JSON.stringify(answer).includes('33.856'));
      await correct(image_id, { position: null });
      assert.equal((await facts(image_id)).position, null);
    });

    it('other changes keep them, and If-Match holds for them', async () => {
      const { image_id, revision } = await upload();
      const changes = { taken_at: '2019-05-04', position: { latitude: 1, longitude: 2 } };
      await correct(image_id, changes, { 'If-Match': `"${revision}"` });
      const stale = json({ position: null }, { 'If-Match': `"${revision}"` }, 'PATCH');
      await api.refused('revision-conflict', `/images/${image_id}`, stale);
      await correct(image_id, { tags: ['sea'] });
      const { taken_at, position } = await facts(image_id);
      assert.deepEqual([taken_at, position], ['2019-05-04T00:00:00.000', changes.position]);
    });

    it('a time with a zone, 0, 0 and a place off the earth are refused', async () => {
      const { image_id, revision } = await upload();
      for (const [field, changes] of [
        ['taken_at', { taken_at: '2019-05-04T10:00Z' }],
        ['taken_at', { taken_at: '2019-05-04T10:00+02:00' }],
        ['taken_at', { taken_at: '0000-05-04' }],
        ['position', { position: { latitude: 0, longitude: 0 } }],
        ['position/latitude', { position: { latitude: 91, longitude: 0 } }],
        ['position/longitude', { position: { latitude: 0, longitude: -180.5 } }],
      ] as const)
        await api.refused('invalid-request', `/images/${image_id}`, json(changes, {}, 'PATCH'), `/${field}`);
      assert.equal((await api.metadata(image_id)).revision, revision);
    });

    it('an upload whose bytes are not verified is not corrected', async () => {
      const { image_id } = await api.grant({ user_id: newUser() });
      await api.refused('image-not-ready', `/images/${image_id}`, json({ taken_at: null }, {}, 'PATCH'));
    });
  });

  describe('POST /images/change', () => {
    it('sets one date, with a result for each image', async () => {
      const user = newUser();
      const [one, other] = [await upload(user), await upload(user)];
      const image_ids = [one.image_id, UNKNOWN, other.image_id];
      const changed = await change(user, { image_ids, taken_at: '2019-05-04T10:00' });
      assert.deepEqual([changed.count, codesOf(changed)], [2, ['ready', 'image-not-found', 'ready']]);
      assert.equal(changed.results[0]?.revision, one.revision + 1);
      for (const { image_id } of [one, other])
        assert.equal((await api.metadata(image_id)).facts?.taken_at, '2019-05-04T10:00:00.000');
    });

    it('moves dates, and a repeated request moves none twice', async () => {
      const user = newUser();
      const [dated, undated] = [await upload(user), await upload(user)];
      const { revision } = await correct(dated.image_id, { taken_at: '1970-01-01' });
      const shift = {
        image_ids: [dated.image_id, undated.image_id],
        revisions: [revision, undated.revision],
        shift_taken_seconds: -90,
      };
      assert.deepEqual(codesOf(await change(user, shift)), ['ready', 'invalid-request']);
      assert.deepEqual(codesOf(await change(user, shift)), ['revision-conflict', 'invalid-request']);
      assert.equal((await facts(dated.image_id)).taken_at, '1969-12-31T23:58:30.000');
      assert.equal((await facts(undated.image_id)).taken_at, null);
    });

    it('without a change, without the revisions of a shift, and with too few of them is refused', async () => {
      const body = { user_id: newUser(), image_ids: [UNKNOWN, UNKNOWN] };
      for (const [field, fields] of [
        ['', {}],
        ['/revisions', { shift_taken_seconds: 60 }],
        ['/revisions', { shift_taken_seconds: 60, revisions: [1] }],
        ['/shift_taken_seconds', { shift_taken_seconds: 60, taken_at: null, revisions: [1, 1] }],
      ] as const) {
        const problem = await api.refused('invalid-request', '/images/change', json({ ...body, ...fields }));
        assert.deepEqual(
          problem.errors?.map(({ pointer }) => pointer),
          [field],
        );
      }
    });
  });
};
