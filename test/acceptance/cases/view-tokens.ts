import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Grant, Image, Page, ViewToken } from '../answers.ts';
import { type Api, ids, json, newUser, search } from '../api.ts';
import type { EventPage } from '../event-answers.ts';
import { eventually } from '../eventually.ts';
import { picture } from '../pictures.ts';

const POST: RequestInit = { method: 'POST' };
const DELETE: RequestInit = { method: 'DELETE' };
const ORIGINALS = ['', '/original', '/download', '/download?format=jpeg'];

/** Everything of an image that no view token permits. */
const REFUSED: readonly (readonly [path: string, init: RequestInit])[] = [
  ['/renditions/thumb/download', {}],
  ['/links', {}],
  ['/links', json({ what: 'original' })],
  ['/render-url', json({ w: 10 })],
  ['/revoke-links', POST],
  ['', json({ visibility: 'public' }, {}, 'PATCH')],
  ['/metadata', json({ description: 'x' }, {}, 'PATCH')],
  ['/trash', POST],
  ['/restore', POST],
  ['', DELETE],
  ['/renditions', DELETE],
];

/** Credentials of pages that show one user's pictures. */
export const describeViewTokens = (api: Api): void => {
  describe('An open service', { skip: !api.isOpen && 'the service has authentication' }, () => {
    it('has no view tokens', async () => {
      await api.refused('route-not-found', '/view-tokens', json({ user_id: newUser() }));
      await api.refused('route-not-found', '/view-tokens/revoke', json({ user_id: newUser() }));
    });
  });

  const mint = (fields: object): Promise<ViewToken> => api.ask('/view-tokens', json(fields));
  const revoke = (fields: object) => api.ask<{ readonly not_before: string }>('/view-tokens/revoke', json(fields));
  /** A request with the token instead of the credential of this run. */
  const by = ({ token }: ViewToken, init: RequestInit = {}): RequestInit => {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${token}`);
    return { ...init, headers };
  };
  const upload = async (user: string, tags: readonly string[] = []): Promise<string> =>
    (await api.upload(user, await picture(), { tags })).image_id;
  const seen = (token: ViewToken, id: string): Promise<Image> => api.ask(`/images/${id}/metadata`, by(token));
  const list = (token: ViewToken, query = {}): Promise<Page> => api.ask(`/images?${search(query)}`, by(token));
  /** Indexes may lag. */
  const lists = (token: ViewToken, expected: readonly string[], query = {}): Promise<void> =>
    eventually(async () => {
      assert.deepEqual(new Set(ids((await list(token, query)).images)), new Set(expected));
    });

  describe('A view token', { skip: api.isOpen && 'the service is open' }, () => {
    it('is minted by {user_id} alone: {token: "slv_...", token_id, user_id, expires_at}, for an hour, and no cache keeps it', async () => {
      const user_id = newUser();
      const answer = await api.send('/view-tokens', json({ user_id }));
      assert.equal(answer.status, 201);
      assert.match(answer.headers.get('cache-control') ?? '', /no-store/);
      const minted = (await answer.json()) as ViewToken;
      assert.deepEqual(Object.keys(minted).toSorted(), ['expires_at', 'token', 'token_id', 'user_id']);
      assert.match(minted.token, /^slv_[\w-]+\.[\w-]{43}$/);
      assert.match(minted.token_id, /^v[\w-]{22}$/);
      assert.equal(minted.user_id, user_id);
      const seconds = (Date.parse(minted.expires_at) - Date.parse(answer.headers.get('date') ?? '')) / 1_000;
      assert.ok(Math.abs(seconds - 3_600) <= 60, `${seconds} s`);
    });

    it('lives for at most 86,400 seconds, has 1 to 5 only_tags, and its uploads have those', async () => {
      const user_id = newUser();
      for (const [fields, field] of [
        [{ expires_in: 86_401 }, 'expires_in'],
        [{ expires_in: 59 }, 'expires_in'],
        [{ only_tags: [] }, 'only_tags'],
        [{ only_tags: ['a', 'b', 'c', 'd', 'e', 'f'] }, 'only_tags'],
        [{ only_tags: ['a'], upload: { tags: ['b'] } }, 'tags'],
        [{ upload: { max_images: 0 } }, 'max_images'],
        [{ originals: 'yes' }, 'originals'],
        [{ unknown: 1 }, 'unknown'],
      ] as const)
        await api.refused('invalid-request', '/view-tokens', json({ user_id, ...fields }), field);
      assert.ok(await mint({ user_id, expires_in: 86_400, only_tags: ['a', 'b', 'c', 'd', 'e'] }));
    });

    it("lists and describes its user's ready images, and shows their presets", async () => {
      const user_id = newUser();
      const token = await mint({ user_id });
      const ready = [await upload(user_id), await upload(user_id)];
      const pending = await api.grant({ user_id });
      const foreign = await upload(newUser());
      await lists(token, ready);
      for (const id of ready) {
        const { status, renditions } = await seen(token, id);
        assert.equal(status, 'ready');
        for (const [name, url] of Object.entries(renditions ?? {})) {
          const answer = await api.anonymously(url);
          await answer.arrayBuffer();
          assert.equal(answer.status, 200, name);
        }
        assert.equal((await api.send(`/images/${id}/renditions/thumb`, by(token))).status, 200);
      }
      for (const id of [pending.image_id, foreign, crypto.randomUUID()])
        for (const path of ['/metadata', '/renditions/thumb'])
          await api.refused('image-not-found', `/images/${id}${path}`, by(token));
      await api.refused('forbidden', `/images?user_id=${newUser()}`, by(token));
    });

    it('sees no image in the trash, and sees it again after it is restored', {
      skip: api.trashDays === 0 && 'the service has no trash',
    }, async () => {
      const user_id = newUser();
      const token = await mint({ user_id, originals: true });
      const id = await upload(user_id);
      await api.ask(`/images/${id}/trash`, POST);
      for (const path of ['/metadata', '/original', '/renditions/thumb', '/renditions/thumb?trashed=true'])
        await api.refused('image-not-found', `/images/${id}${path}`, by(token));
      await lists(token, []);
      await api.ask(`/images/${id}/restore`, POST);
      await lists(token, [id]);
      await seen(token, id);
    });

    it('with only_tags sees the images that have all of them, and refuses what they cannot answer', async () => {
      const user_id = newUser();
      const token = await mint({ user_id, only_tags: ['sea', 'sun'] });
      const both = await upload(user_id, ['sea', 'sun']);
      const more = await upload(user_id, ['sun', 'sea', 'sand']);
      const others = [await upload(user_id, ['sea']), await upload(user_id)];
      await lists(token, [both, more]);
      await lists(token, [more], { tag: 'sand' });
      for (const id of others) await api.refused('image-not-found', `/images/${id}/metadata`, by(token));
      for (const query of ['tag_mode=any', 'q=sea', 'status=pending', 'status=held', 'status=rejected'])
        await api.refused('invalid-request', `/images?${query}`, by(token), query.split('=')[0]);
      if (api.hasEvents) await api.refused('missing-scope', '/events', by(token));
      await api.ask(`/images/${both}`, json({ tags: ['sea'] }, {}, 'PATCH'));
      await api.refused('image-not-found', `/images/${both}/metadata`, by(token));
    });

    it('opens originals, and tells what identifies them, only with originals', async () => {
      const user_id = newUser();
      const id = await upload(user_id);
      const [plain, full] = [await mint({ user_id }), await mint({ user_id, originals: true })];
      for (const path of ORIGINALS) {
        await api.refused('missing-scope', `/images/${id}${path}`, by(plain));
        const answer = await api.send(`/images/${id}${path}`, by(full));
        await answer.arrayBuffer();
        assert.equal(answer.status, 200, path);
      }
      const [hidden, told, own] = [await seen(plain, id), await seen(full, id), await api.metadata(id)];
      for (const name of ['sha256', 's3_key', 's3_url'] as const) {
        assert.equal(hidden[name], null, name);
        if (name !== 's3_url') assert.equal(told[name], own[name], name);
      }
      assert.ok(told.sha256);
    });

    it('tells metadata only with metadata', async () => {
      const user_id = newUser();
      const id = await upload(user_id);
      const metadata = { order: 'A17' };
      await api.ask(`/images/${id}`, json({ metadata }, {}, 'PATCH'));
      assert.deepEqual((await seen(await mint({ user_id }), id)).metadata, {});
      assert.deepEqual((await seen(await mint({ user_id, metadata: true }), id)).metadata, metadata);
    });

    it('permits nothing else: 403 missing-scope', async () => {
      const user_id = newUser();
      const token = await mint({ user_id, originals: true, metadata: true, upload: {} });
      const image_id = await upload(user_id);
      const before = await api.metadata(image_id);
      for (const [path, init] of REFUSED)
        await api.refused('missing-scope', `/images/${image_id}${path}`, by(token, init));
      for (const [path, init] of [
        ['/images/delete', json({ image_ids: [image_id] })],
        ['/images/trash', json({ image_ids: [image_id] })],
        ['/render-urls', json({ renders: [{ image_id, w: 10 }] })],
        ['/upload-tokens', json({})],
        ['/view-tokens', json({})],
        ['/view-tokens/revoke', json({ user_id })],
        ['/keys', {}],
      ] as const)
        await api.refused('missing-scope', path, by(token, init));
      assert.deepEqual(await api.metadata(image_id), before);
    });

    it('uploads only with upload, within its bounds, and then describes its uploads', async () => {
      const user_id = newUser();
      const grant = json({ content_type: 'image/png' });
      await api.refused('missing-scope', '/uploads', by(await mint({ user_id }), grant));
      const token = await mint({ user_id, only_tags: ['sea'], upload: { tags: ['sea'], max_images: 1 } });
      await api.refused('forbidden', '/uploads', by(token, json({ content_type: 'image/png', user_id: newUser() })));
      const other = json({ content_type: 'image/png', tags: ['sun'] });
      await api.refused('invalid-request', '/uploads', by(token, other), 'tags');
      const { image_id } = await api.ask<Grant>('/uploads', by(token, grant));
      const { status, tags, user_id: owner } = await seen(token, image_id);
      assert.deepEqual([status, tags, owner], ['pending', ['sea'], user_id]);
      await api.refused('upload-token-used-up', '/uploads', by(token, grant));
      await api.refused('image-not-found', `/images/${image_id}/metadata`, by(await mint({ user_id })));
    });

    it('follows the events of its user', { skip: !api.hasEvents && 'the service has no EVENTS' }, async () => {
      const user_id = newUser();
      const token = await mint({ user_id });
      const id = await upload(user_id);
      await upload(newUser());
      await eventually(async () => {
        const { events } = await api.ask<EventPage>('/events', by(token));
        assert.deepEqual(
          events.map(({ type, image_id }) => [type, image_id]),
          [['image.ready', id]],
        );
      });
    });

    it('ends with the revocation of its user or its own, and no other token does', async () => {
      const [user_id, other] = [newUser(), newUser()];
      const [one, two, three, stays] = [
        await mint({ user_id }),
        await mint({ user_id }),
        await mint({ user_id }),
        await mint({ user_id: other }),
      ];
      const ended = (token: ViewToken) => eventually(() => api.refused('unauthenticated', '/images', by(token)));
      await revoke({ user_id, token_id: one.token_id });
      await ended(one);
      await list(two);
      await revoke({ user_id: other, token_id: two.token_id });
      await list(two);
      await revoke({ user_id });
      await ended(two);
      await ended(three);
      await list(stays);
      await list(await mint({ user_id }));
      await revoke({ user_id }); // a repeated one is no error
    });

    it('is a 401 like any other credential after one changed character, and as an upload token', async () => {
      const { token } = await mint({ user_id: newUser(), upload: {} });
      const at = Math.floor(token.length / 2);
      const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
      for (const text of [changed, token.slice(0, -1), `${token}A`, token.replace(/^slv_/, 'slu_')])
        await api.refused('unauthenticated', '/images', { headers: { Authorization: `Bearer ${text}` } });
    });
  });
};
