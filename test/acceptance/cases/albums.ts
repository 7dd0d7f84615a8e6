import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import type { Grant, Image } from '../answers.ts';
import { type Api, json, newUser } from '../api.ts';
import { eventually } from '../eventually.ts';
import { picture } from '../pictures.ts';

interface AlbumJson {
  readonly album_id: string;
  readonly title: string;
  readonly images: number;
  readonly cover_id: string | null;
  readonly revision: number;
}

interface Results {
  readonly results: readonly { readonly image_id: string; readonly status?: string; readonly place?: string }[];
}

interface LinkJson {
  readonly link_id: string;
  readonly url: string;
}

interface Shared {
  readonly image_id: string;
  readonly renditions: Readonly<Record<string, string>>;
  readonly download_url: string | null;
}

const PASSWORD = 'correct horse';
const LONGEST = '\u{1f4f7}'.repeat(200);

/** Sets of images with a title. */
export const describeAlbums = (api: Api): void => {
  const upload = async (user: string, tags: readonly string[] = []): Promise<string> =>
    (await api.upload(user, await picture(), { tags })).image_id;
  const create = (user_id: string, fields: object = {}): Promise<AlbumJson> =>
    api.ask('/albums', json({ user_id, title: 'Lisbon', ...fields }));
  const pathOf = ({ album_id }: AlbumJson, user: string, part = ''): string =>
    `/albums/${album_id}${part}?user_id=${user}`;
  const read = (album: AlbumJson, user: string): Promise<AlbumJson> => api.ask(pathOf(album, user));
  const change = async (album: AlbumJson, user: string, body: object) => {
    const { results } = await api.ask<Results>(pathOf(album, user, '/images'), json(body));
    return results;
  };
  const statuses = async (...asked: Parameters<typeof change>) =>
    (await change(...asked)).map(({ status }) => status ?? 'refused');
  const listed = (album: AlbumJson, user: string, expected: readonly string[], query: object = { order: 'added' }) =>
    api.listOf({ user_id: user, album: album.album_id, ...query }, expected);
  /** The counters may lag. */
  const hasImages = (album: AlbumJson, user: string, expected: number): Promise<void> =>
    eventually(async () => assert.equal((await read(album, user)).images, expected));

  describe('An album', () => {
    it('is made, described, changed and listed, with any title of up to 200 characters', async () => {
      const user = newUser();
      const album = await create(user, { title: LONGEST });
      assert.deepEqual([album.title, album.images, album.revision], [LONGEST, 0, 1]);
      assert.deepEqual(await read(album, user), album);
      const title = `<b>'"%00&\\ ${randomUUID()}`;
      const changed = await api.ask<AlbumJson>(pathOf(album, user), json({ title }, {}, 'PATCH'));
      assert.deepEqual([changed.title, changed.revision], [title, 2]);
      await eventually(async () => {
        const { albums } = await api.ask<{ albums: AlbumJson[] }>(`/albums?user_id=${user}&limit=100`);
        assert.ok(albums.some((one) => one.title === title));
      });
      await api.refused('invalid-request', '/albums', json({ user_id: user, title: `${LONGEST}x` }), 'title');
      await api.refused('invalid-request', '/albums', json({ user_id: user, title: '' }), 'title');
      const stale = json({ title: 'Porto' }, { 'If-Match': '"1"' }, 'PATCH');
      await api.refused('revision-conflict', pathOf(album, user), stale);
    });

    it('has images in the order of addition, by hand, by upload and by capture, and by tag', async () => {
      const user = newUser();
      const [sea, other, last] = [await upload(user, ['sea']), await upload(user), await upload(user, ['sea'])];
      const album = await create(user);
      assert.deepEqual(await statuses(album, user, { add: [last, sea] }), ['added', 'added']);
      assert.deepEqual(await statuses(album, user, { add: [other, sea] }), ['added', 'unchanged']);
      await listed(album, user, [last, sea, other]);
      await hasImages(album, user, 3);
      await listed(album, user, [last, other, sea], { order: 'newest' });
      await listed(album, user, [sea, other, last], { order: 'taken-oldest' });
      await listed(album, user, [sea, last], { order: 'oldest', tag: 'sea' });
      assert.deepEqual(await statuses(album, user, { move: { image_ids: [other], after: null } }), ['moved']);
      await listed(album, user, [other, last, sea], { order: 'manual' });
      await listed(album, user, [last, sea, other]);
    });

    it('loses an image that is taken out, deleted or in the trash, and has it again as before', async () => {
      const user = newUser();
      const [one, other] = [await upload(user), await upload(user)];
      const album = await create(user);
      await change(album, user, { add: [one, other] });
      const [removed] = await change(album, user, { remove: [one] });
      await listed(album, user, [other]);
      await change(album, user, { add: [one], places: [removed?.place] });
      await listed(album, user, [one, other]);
      if (api.trashDays > 0) {
        await api.ask(`/images/${one}/trash`, { method: 'POST' });
        await listed(album, user, [other]);
        await api.ask<Image>(`/images/${one}/restore`, { method: 'POST' });
        await listed(album, user, [one, other]);
      }
      await api.send(`/images/${one}`, { method: 'DELETE' });
      await listed(album, user, [other]);
      await hasImages(album, user, 1);
    });

    it('is opened by a link, with its password, until that is revoked', async () => {
      const user = newUser();
      const [one, other] = [await upload(user), await upload(user)];
      const album = await create(user, { order: 'added' });
      await change(album, user, { add: [one, other] });
      const terms = json({ allow: ['view', 'download'], password: PASSWORD });
      const link = await api.ask<LinkJson>(pathOf(album, user, '/links'), terms);
      const at = (part: string): string => link.url.replace('?', `${part}?`);
      const code = async (answer: Response): Promise<string> => ((await answer.json()) as { code: string }).code;

      assert.equal(await code(await api.anonymously(link.url)), 'password-required');
      const wrong = await api.anonymously(at('/unlock'), json({ password: 'wrong horse' }));
      assert.equal(await code(wrong), 'wrong-password');
      const unlocked = await api.anonymously(at('/unlock'), json({ password: PASSWORD }));
      const { pass } = (await unlocked.json()) as { pass: string };
      const headers = { Authorization: `Bearer ${pass}` };
      const pictures = async (): Promise<readonly Shared[]> => {
        const answer = await api.anonymously(at('/images'), { headers });
        assert.equal(answer.status, 200);
        return ((await answer.json()) as { images: Shared[] }).images;
      };
      await eventually(async () =>
        assert.deepEqual(
          (await pictures()).map(({ image_id }) => image_id),
          [one, other],
        ),
      );
      const [shown] = await pictures();
      for (const url of [shown?.renditions['thumb'], shown?.download_url]) {
        const answer = await api.anonymously(url ?? '');
        assert.deepEqual([answer.status, answer.headers.get('content-type')?.startsWith('image/')], [200, true]);
        await answer.body?.cancel();
      }
      await change(album, user, { remove: [one] });
      assert.equal(await code(await api.anonymously(shown?.renditions['thumb'] ?? '')), 'link-not-found');
      await api.ask(pathOf(album, user, `/links/${link.link_id}`), { method: 'DELETE' });
      assert.equal(await code(await api.anonymously(link.url, { headers })), 'link-not-found');
    });

    it('takes pictures of guests by a link, and lets each of them take back its own', async () => {
      const user = newUser();
      const album = await create(user, { order: 'added' });
      const terms = json({ allow: ['view', 'contribute'], max_images: 2 });
      const link = await api.ask<LinkJson>(pathOf(album, user, '/links'), terms);
      const at = (part: string): string => link.url.replace('?', `${part}?`);
      const by = (secret: string, init: RequestInit = {}): RequestInit => ({
        ...init,
        headers: { ...init.headers, 'Guest-Secret': secret.repeat(40) },
      });
      const outcome = async (answer: Response) => {
        const { code, status } = (await answer.json()) as { code?: string; status?: string | number };
        return code ?? status;
      };
      const bytes = await picture();
      const asked = json({ content_type: 'image/png', size: bytes.length, filename: 'party.png', name: 'Anna' });
      const add = async (): Promise<string> => {
        const granted = await api.anonymously(at('/uploads'), by('a', asked));
        assert.equal(granted.status, 201);
        const grant = (await granted.json()) as Grant;
        assert.ok(!grant.upload_url.includes(user), 'the URL tells nothing of the owner');
        const { upload_url: url, method, headers } = grant;
        const sent = await fetch(url, { method, headers, body: bytes });
        assert.ok(sent.ok, await sent.text());
        const completed = () => api.anonymously(at(`/uploads/${grant.image_id}/complete`), by('a', { method: 'POST' }));
        await eventually(async () => assert.equal(await outcome(await completed()), 'ready'));
        return grant.image_id;
      };
      const [one, other] = [await add(), await add()];
      assert.equal(await outcome(await api.anonymously(at('/uploads'), by('b', asked))), 'album-full');
      await listed(album, user, [one, other]);
      const { added_by } = await api.ask<{ added_by: { name: string } }>(`/images/${one}/metadata?user_id=${user}`);
      assert.equal(added_by.name, 'Anna');

      const takeBack = (secret: string) => api.anonymously(at(`/uploads/${one}`), by(secret, { method: 'DELETE' }));
      assert.equal(await outcome(await takeBack('b')), 'image-not-found');
      assert.equal(await outcome(await takeBack('a')), 'deleted');
      await listed(album, user, [other]);
      const closed = { ...json({ allow: ['view'] }), method: 'PATCH' };
      await api.ask(pathOf(album, user, `/links/${link.link_id}`), closed);
      assert.equal(await outcome(await api.anonymously(at('/uploads'), by('a', asked))), 'forbidden');
      assert.equal((await api.anonymously(link.url)).status, 200);
    });

    it('ends at once when it is deleted, and its images stay', async () => {
      const user = newUser();
      const image = await upload(user);
      const album = await create(user);
      await change(album, user, { add: [image] });
      const deleted = await api.send(pathOf(album, user), { method: 'DELETE' });
      assert.equal(deleted.status, 202);
      await api.refused('album-not-found', pathOf(album, user));
      await api.refused('album-not-found', `/images?user_id=${user}&album=${album.album_id}`);
      await api.refused('album-not-found', pathOf(album, user, '/images'), json({ add: [image] }));
      assert.equal((await api.metadata(image)).status, 'ready');
    });
  });
};
