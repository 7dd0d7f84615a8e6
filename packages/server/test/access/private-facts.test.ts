import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { moveEvents } from '../../src/operations/upkeep/move-events.ts';
import { tellingPicture } from '../pictures/telling-picture.ts';
import type { ClosedService } from '../services/closed-service.ts';
import { onEachRepository } from '../services/on-each-repository.ts';
import { json, post } from '../services/service.ts';

/** Words and digits that stand nowhere but in the picture. */
const SECRETS = ['48.1234', '11.5678', 'SecretTitle', 'SecretWord', 'SecretText', 'SecretCreator', 'SecretOwner'];
/** Digits that stand nowhere but in a correction. */
const BY_HAND = { latitude: 54.9876, longitude: -8.7654 };

onEachRepository(
  'the private facts of a picture',
  (serviceOf) => {
    let service: ClosedService;
    let id: string;
    /** One whose position somebody set. */
    let correctedId: string;
    let key: string;
    /** By who they are. */
    let credentials: Readonly<Record<string, string>>;
    before(async () => {
      service = serviceOf();
      key = await service.keyOf({ owner: 'ada' });
      const bytes = new Uint8Array(await tellingPicture());
      const upload = async (): Promise<string> => {
        const uploaded = await service.as(key, '/images/upload', post(bytes, 'image/jpeg'));
        const text = await uploaded.text();
        assert.equal(uploaded.status, 200, text);
        return (JSON.parse(text) as { image_id: string }).image_id;
      };
      id = await upload();
      correctedId = await upload();
      assert.equal((await correct(key, { position: BY_HAND })).status, 200);
      const mint = async (path: string, fields: object): Promise<string> => {
        const answer = await service.as(key, path, json(fields));
        return ((await answer.json()) as { token: string }).token;
      };
      credentials = {
        'another user': await service.keyOf({ owner: 'bob' }),
        'a key that uploads': await service.keyOf({ owner: 'ada', scopes: ['images:upload'] }),
        'a key that moderates': await service.keyOf({ actsAs: 'everyone', scopes: ['images:moderate'] }),
        'an upload token': await mint('/upload-tokens', {}),
        'a view token': await mint('/view-tokens', {}),
        'a view token with all that it can have': await mint('/view-tokens', { metadata: true, originals: true }),
      };
    });

    const correct = (credential: string, changes: object) =>
      service.as(credential, `/images/${correctedId}`, { ...json(changes), method: 'PATCH' });
    const revealed = (text: string): string[] =>
      [...SECRETS, ...Object.values(BY_HAND).map(String)].filter((secret) => text.includes(secret));

    it('are told by their own route to who reads all images of the user, and no cache keeps them', async () => {
      const answer = await service.as(key, `/images/${id}/facts`);
      assert.equal(answer.headers.get('cache-control'), 'no-store');
      const facts = (await answer.json()) as Record<string, unknown>;
      assert.deepEqual(facts['position'], { latitude: 48.1234, longitude: 11.5678 });
      assert.equal(facts['title'], 'SecretTitle');
      assert.equal(facts['description'], 'SecretText');
      assert.deepEqual(facts['keywords'], ['SecretWord']);
      assert.equal(facts['creator'], 'SecretCreator');
      assert.equal(facts['copyright'], 'SecretOwner');
      assert.equal(facts['taken_at'], '2024-07-14T18:22:31.000');
      assert.equal(facts['is_read'], true);
    });

    it('are those that somebody set, once they are corrected, and the answer to that has none', async () => {
      assert.deepEqual(revealed(await (await correct(key, { position: BY_HAND })).text()), []);
      const facts = (await (await service.as(key, `/images/${correctedId}/facts`)).json()) as Record<string, unknown>;
      assert.deepEqual(facts['position'], BY_HAND);
    });

    it('are told to nobody else, and corrected by nobody else', async () => {
      for (const [who, credential] of Object.entries(credentials)) {
        for (const one of [id, correctedId]) {
          const answer = await service.as(credential, `/images/${one}/facts`);
          assert.ok([403, 404].includes(answer.status), `${who}: ${answer.status}`);
          assert.deepEqual(revealed(await answer.text()), [], who);
        }
        for (const changes of [{ position: null }, { taken_at: null }])
          assert.ok([403, 404].includes((await correct(credential, changes)).status), who);
        const many = await service.as(
          credential,
          '/images/change',
          json({ image_ids: [correctedId], taken_at: '2019-05-04' }),
        );
        assert.ok(many.status === 403 || ((await many.json()) as { count: number }).count === 0, who);
      }
      assert.equal((await service.request(`/images/${id}/facts`)).status, 401);
      const facts = (await (await service.as(key, `/images/${correctedId}/facts`)).json()) as Record<string, unknown>;
      assert.deepEqual([facts['position'], facts['taken_at']], [BY_HAND, '2024-07-14T18:22:31.000']);
    });

    it('are named, without values, by events of those who may read them, and to no view token', async () => {
      await moveEvents(service.services, { holder: 'one', signal: new AbortController().signal });
      const changedFor = async (credential: string) => {
        const answer = await service.as(credential, `/events?image_id=${correctedId}&type=image.updated`);
        const { events = [] } = (await answer.json()) as {
          events?: readonly { readonly changed: readonly string[] }[];
        };
        return events.map(({ changed }) => changed);
      };
      assert.deepEqual(await changedFor(key), [['position']]);
      for (const who of ['a view token', 'a view token with all that it can have', 'another user'])
        assert.deepEqual(await changedFor(credentials[who] ?? assert.fail()), []);
    });

    it('find the picture for who may read them, and for nobody else', async () => {
      const found = async (credential: string, word: string): Promise<unknown> => {
        const answer = await service.as(credential, `/images?q=${word}&user_id=ada`);
        return answer.status === 200 ? ((await answer.json()) as { images: object[] }).images.length : answer.status;
      };
      const words = ['SecretTitle', 'SecretWord', 'secret', 'Example'];
      if (!service.services.images.searches) {
        for (const credential of [key, ...Object.values(credentials)])
          assert.ok([400, 403].includes(Number(await found(credential, 'SecretTitle'))));
        return;
      }
      for (const word of words) assert.equal(await found(key, word), 2, word);
      for (const [who, credential] of Object.entries(credentials))
        for (const word of words) {
          const seen = await found(credential, word);
          assert.ok(who.startsWith('a view token') ? seen === 0 : seen === 403, `${who}: ${seen}`);
        }
      for (const word of ['SecretText', 'SecretCreator', 'SecretOwner', '48'])
        assert.equal(await found(key, word), 0, word);
    });

    it('stand in no other answer, not even for who may read them', async () => {
      const pathsOf = async (one: string): Promise<readonly string[]> => {
        await service.as(key, `/images/${one}`, { ...json({ visibility: 'public' }), method: 'PATCH' });
        const link = (await (
          await service.as(key, `/images/${one}/links`, json({ what: 'preset', preset: 'thumb' }))
        ).json()) as {
          url: string;
        };
        return [
          `/images/${one}/metadata`,
          `/images/${one}/links`,
          `/images/${one}/download`,
          `/images/${one}/renditions/thumb`,
          new URL(link.url).pathname + new URL(link.url).search,
        ];
      };
      const paths = [
        '/images',
        '/images?user_id=ada&order=taken-newest&taken_from=2024',
        '/images/months?user_id=ada',
        `/images?fields=facts`,
        `/images?q=One`,
        '/tags?user_id=ada',
        '/events',
        '/usage',
        '/whoami',
        ...(await pathsOf(id)),
        ...(await pathsOf(correctedId)),
      ];
      for (const who of [key, ...Object.values(credentials)])
        for (const path of paths) {
          const answer = await service.as(who, path);
          const text = Buffer.from(await answer.arrayBuffer()).toString('latin1');
          assert.deepEqual(revealed(text + JSON.stringify([...answer.headers])), [], path);
        }
    });

    it('leave what everybody sees who sees metadata', async () => {
      const factsFor = async (credential: string) => {
        const answer = await service.as(credential, `/images/${id}/metadata`);
        return ((await answer.json()) as { facts: { camera: string } | null }).facts;
      };
      assert.equal((await factsFor(key))?.camera, 'Example One');
      assert.equal(
        (await factsFor(credentials['a view token with all that it can have'] ?? ''))?.camera,
        'Example One',
      );
      assert.equal(await factsFor(credentials['a view token'] ?? ''), null);
    });
  },
  { EVENTS: 'on', USAGE: 'on' },
);
