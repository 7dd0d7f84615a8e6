import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { emptyAlbums } from '../../src/operations/upkeep/empty-albums.ts';
import { onEachRepository } from '../services/on-each-repository.ts';
import { json, post } from '../services/service.ts';

const ENVIRONMENT = { RATE_LIMITS: 'off' };
const UNKNOWN = '01a1f82b-80d8-703c-9c86-1b8ba42038ff';
const RIVALS = 50;
const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));

interface AlbumJson {
  readonly album_id: string;
  readonly user_id: string;
  readonly title: string;
  readonly description: string | null;
  readonly order: string;
  readonly cover_id: string | null;
  readonly cover?: { readonly image_id: string };
  readonly images: number;
  readonly revision: number;
}

interface Problem {
  readonly code: string;
  readonly detail: string;
}

interface Result {
  readonly image_id: string;
  readonly status?: string;
  readonly place?: string;
  readonly error?: Problem;
}

onEachRepository(
  'albums',
  (serviceOf) => {
    let ada: string;
    let bob: string;
    before(async () => {
      ada = await serviceOf().keyOf({ owner: 'ada' });
      bob = await serviceOf().keyOf({ owner: 'bob' });
    });

    const read = async <Answer>(answer: Response, status = 200): Promise<Answer> => {
      const body = (await answer.json()) as Answer;
      assert.equal(answer.status, status, JSON.stringify(body));
      return body;
    };
    const refused = async (answer: Response, status: number): Promise<string> => {
      const { code } = await read<Problem>(answer, status);
      return code;
    };
    const call = (path: string, method = 'GET', body?: object, key = ada) =>
      serviceOf().as(key, path, body ? { ...json(body), method } : { method });
    const upload = async (tags: readonly string[] = [], key = ada): Promise<string> => {
      const uploaded = await serviceOf().as(key, '/images/upload', post(picture, 'image/jpeg'));
      const { image_id: id } = await read<{ image_id: string }>(uploaded);
      if (tags.length > 0) await read(await call(`/images/${id}`, 'PATCH', { tags }, key));
      return id;
    };
    const uploads = (count: number, tags: readonly string[] = []): Promise<string[]> =>
      Promise.all(Array.from({ length: count }, () => upload(tags)));
    const create = async (fields: object = {}): Promise<AlbumJson> =>
      read(await call('/albums', 'POST', { title: 'Lisbon', ...fields }), 201);
    const album = async (id: string): Promise<AlbumJson> => read(await call(`/albums/${id}`));
    const change = async (id: string, body: object): Promise<readonly Result[]> => {
      const { results } = await read<{ results: Result[] }>(await call(`/albums/${id}/images`, 'POST', body));
      return results;
    };
    const statuses = (results: readonly Result[]) => results.map(({ status, error }) => status ?? error?.code);
    const listed = async (id: string, query = 'order=added'): Promise<readonly string[]> => {
      const found: string[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const path = `/images?album=${id}&limit=2&fields=tags&${query}${cursor && `&cursor=${cursor}`}`;
        const page: { images: { image_id: string }[]; next_cursor: string | null } = await read(await call(path));
        found.push(...page.images.map(({ image_id }) => image_id));
        cursor = page.next_cursor;
      }
      return found;
    };

    it('are made, listed, described and changed, and refuse what they do not expect', async () => {
      const made = await create({ description: 'by the sea' });
      assert.deepEqual(made, {
        ...made,
        ...{ user_id: 'ada', title: 'Lisbon', description: 'by the sea', order: 'added', revision: 1 },
        ...{ cover_id: null, images: 0 },
      });
      assert.deepEqual(await album(made.album_id), made);
      const other = await create({ title: 'Porto' });
      const page = await read<{ albums: AlbumJson[]; next_cursor: string }>(await call('/albums?limit=1'));
      assert.deepEqual(page.albums, [other]);
      const next = await read<{ albums: AlbumJson[] }>(await call(`/albums?limit=1&cursor=${page.next_cursor}`));
      assert.deepEqual(next.albums, [made]);
      assert.equal(await refused(await call('/albums?cursor=abc'), 400), 'invalid-cursor');

      const path = `/albums/${made.album_id}`;
      const changed = await read<AlbumJson>(await call(path, 'PATCH', { title: 'Sintra', description: null }));
      assert.deepEqual([changed.title, changed.description, changed.revision], ['Sintra', null, 2]);
      const stale = await serviceOf().as(ada, path, {
        ...json({ title: 'Late' }),
        method: 'PATCH',
        headers: { 'content-type': 'application/json', 'if-match': '"1"' },
      });
      assert.equal(await refused(stale, 412), 'revision-conflict');
      for (const [body, status] of [
        [{}, 400],
        [{ title: '' }, 400],
        [{ title: 'x'.repeat(201) }, 400],
        [{ title: 'x', description: 'y'.repeat(2_001) }, 400],
        [{ title: 'x', order: 'random' }, 400],
        [{ title: 'x', tittle: 'y' }, 400],
      ] as const)
        assert.equal((await call('/albums', 'POST', body)).status, status, JSON.stringify(body).slice(0, 80));
      const longest = await call('/albums', 'POST', { title: 'x'.repeat(200) });
      assert.equal(longest.status, 201);
      assert.match(longest.headers.get('location') ?? '', /^\/albums\/[\w-]+$/);
      assert.equal((await call(path, 'PATCH', { cover_id: UNKNOWN })).status, 400);
      assert.equal((await call(path, 'PATCH', {})).status, 400);
    });

    it('have images in the order of addition, each once, with their number and a cover', async () => {
      const { album_id: id } = await create();
      const [a, b, c] = (await uploads(3)) as [string, string, string];
      assert.deepEqual(statuses(await change(id, { add: [b, c] })), ['added', 'added']);
      assert.deepEqual(statuses(await change(id, { add: [a, b] })), ['added', 'unchanged']);
      assert.deepEqual(await listed(id), [b, c, a]);
      const { images, cover, cover_id, revision } = await album(id);
      assert.deepEqual([images, cover?.image_id, cover_id, revision], [3, b, b, 1]);
      for (const order of ['newest', 'taken-newest'])
        assert.deepEqual(await listed(id, `order=${order}`), [a, b, c].toSorted().toReversed());
      assert.deepEqual(await listed(id, 'order=oldest'), [a, b, c].toSorted());
      const { revision: ofImage } = await read<{ revision: number }>(await call(`/images/${a}/metadata`));
      assert.equal(ofImage, 2, 'membership raises no revision');

      const [removed] = await change(id, { remove: [b] });
      assert.deepEqual([removed?.status, await listed(id)], ['removed', [c, a]]);
      assert.deepEqual((await album(id)).cover_id, null);
      assert.deepEqual(statuses(await change(id, { remove: [b] })), ['unchanged']);
      assert.deepEqual(statuses(await change(id, { add: [b], places: [removed?.place] })), ['added']);
      assert.deepEqual(await listed(id), [b, c, a], 'it is back in its place');
      assert.equal((await album(id)).cover_id, b, 'the first one that comes, since there was none');

      const alone = await create({ order: 'manual' });
      await change(alone.album_id, { add: [a] });
      assert.deepEqual(statuses(await change(alone.album_id, { move: { image_ids: [a], after: null } })), ['moved']);
      const [left] = await change(alone.album_id, { remove: [a] });
      assert.deepEqual(statuses(await change(alone.album_id, { add: [a], places: [left?.place] })), ['added'], 'alone');
    });

    it('combine with tags and type in the orders of upload and capture, and refuse the rest', async () => {
      const { album_id: id } = await create();
      const [sea, light, both] = [await upload(['sea']), await upload(['light']), await upload(['sea', 'light'])];
      await upload(['sea', 'light']);
      await change(id, { add: [sea, light, both] });
      for (const order of ['newest', 'taken-newest']) {
        assert.deepEqual(await listed(id, `order=${order}&tag=sea`), [both, sea]);
        assert.deepEqual(await listed(id, `order=${order}&tag=sea&tag=light`), [both]);
        assert.deepEqual(await listed(id, `order=${order}&tag=sea&tag=light&tag_mode=any`), [both, light, sea]);
        assert.deepEqual(await listed(id, `order=${order}&tag=sea&content_type=image/jpeg`), [both, sea]);
        assert.deepEqual(await listed(id, `order=${order}&content_type=image/png`), []);
      }
      for (const query of [
        `album=${id}&order=added&tag=sea`,
        `album=${id}&order=manual&content_type=image/png`,
        `album=${id}&q=sea`,
        `album=${id}&status=trashed`,
        'order=added',
        'order=manual',
        'album=holiday',
      ])
        assert.equal((await call(`/images?${query}`)).status, 400, query);
      const { next_cursor: cursor } = await read<{ next_cursor: string }>(await call(`/images?album=${id}&limit=1`));
      assert.equal(await refused(await call(`/images?limit=1&cursor=${cursor}`), 400), 'invalid-cursor');
    });

    it('are put in order by hand', async () => {
      const { album_id: id } = await create({ order: 'manual' });
      const [a, b, c, d] = (await uploads(4)) as [string, string, string, string];
      await change(id, { add: [a, b, c, d] });
      const byHand = () => listed(id, 'order=manual');
      const move = (image_ids: readonly string[], after: string | null) => change(id, { move: { image_ids, after } });
      assert.deepEqual(await byHand(), [a, b, c, d]);
      assert.deepEqual(statuses(await move([d], null)), ['moved']);
      assert.deepEqual(await byHand(), [d, a, b, c]);
      await move([c, d], a);
      assert.deepEqual(await byHand(), [a, c, d, b]);
      await move([a], b);
      assert.deepEqual(await byHand(), [c, d, b, a]);
      for (let n = 0; n < 20; n += 1) await move([n % 2 ? d : c], b);
      assert.deepEqual(await byHand(), [b, d, c, a]);
      const late = await upload();
      await change(id, { add: [late] });
      assert.deepEqual(await byHand(), [b, d, c, a, late]);
      assert.deepEqual(await listed(id), [a, b, c, d, late], 'the order of addition stays');
      assert.equal((await call(`/albums/${id}/images`, 'POST', { move: { image_ids: [a], after: a } })).status, 400);
      assert.equal(
        (await call(`/albums/${id}/images`, 'POST', { move: { image_ids: [a], after: UNKNOWN } })).status,
        400,
      );
      const outside = await upload();
      assert.deepEqual(statuses(await move([outside], null)), ['invalid-request']);
    });

    it('keep images of the trash, which are back once they are restored, and lose deleted ones', async () => {
      const { album_id: id } = await create();
      const [a, b] = (await uploads(2)) as [string, string];
      await change(id, { add: [a, b] });
      await read(await call(`/images/${a}/trash`, 'POST'));
      assert.deepEqual([await listed(id), (await album(id)).images], [[b], 1]);
      await read(await call(`/images/${a}/restore`, 'POST'));
      assert.deepEqual([await listed(id), (await album(id)).images], [[a, b], 2]);
      await read(await call(`/images/${a}`, 'DELETE'));
      assert.deepEqual([await listed(id), (await album(id)).images], [[b], 1]);
    });

    it('are of their owner alone: others find none, and put nothing in', async () => {
      const { album_id: id } = await create();
      const [own, foreign] = [await upload(), await upload([], bob)];
      assert.deepEqual(statuses(await change(id, { add: [own, foreign, UNKNOWN, 'holiday'] })), [
        'added',
        ...['image-not-found', 'image-not-found', 'image-not-found'],
      ]);
      for (const [path, method, body] of [
        [`/albums/${id}`, 'GET', undefined],
        [`/albums/${id}`, 'PATCH', { title: 'Mine' }],
        [`/albums/${id}`, 'DELETE', undefined],
        [`/albums/${id}/images`, 'POST', { add: [foreign] }],
        [`/images?album=${id}`, 'GET', undefined],
      ] as const)
        assert.equal(await refused(await call(path, method, body, bob), 404), 'album-not-found', `${method} ${path}`);
      assert.deepEqual((await read<{ albums: AlbumJson[] }>(await call('/albums', 'GET', undefined, bob))).albums, []);
      assert.deepEqual(await listed(id), [own]);
    });

    it('refuse an image that is named twice, and a place that no image had', async () => {
      const { album_id: id } = await create();
      const image = await upload();
      for (const body of [
        { add: [image, image.toUpperCase()] },
        { add: [image], remove: [image] },
        { move: { image_ids: [image, image], after: null } },
        { add: [image], places: ['fffffffffffffff'] },
        { add: [image], places: ['000000000000000'] },
        { add: [image], places: ['0190a1b2c3d40000'] },
      ])
        assert.equal((await call(`/albums/${id}/images`, 'POST', body)).status, 400, JSON.stringify(body));
      assert.deepEqual(await listed(id), []);
    });

    it('have another cover once theirs is gone, and none that is not ready', async () => {
      const { album_id: id } = await create();
      const [first, second] = (await uploads(2)) as [string, string];
      await change(id, { add: [first] });
      await read(await call(`/images/${first}`, 'DELETE'));
      assert.equal((await album(id)).cover_id, null);
      await change(id, { add: [second] });
      assert.equal((await album(id)).cover_id, second);
    });

    it('answer all of sixty additions at once', async () => {
      const { album_id: id } = await create();
      const ids = await uploads(20);
      const answers = await Promise.all(Array.from({ length: 60 }, (_, n) => change(id, { add: [ids[n % 20] ?? ''] })));
      const failed = answers.flat().filter(({ status }) => status !== 'added' && status !== 'unchanged');
      assert.deepEqual(failed, []);
      assert.deepEqual((await listed(id)).toSorted(), ids.toSorted());
    });

    it('that are deleted with their images leave those alone that somebody restored', async () => {
      const { album_id: id } = await create();
      const [kept, gone] = (await uploads(2)) as [string, string];
      await change(id, { add: [kept, gone] });
      await read(await call(`/albums/${id}?with_images=true`, 'DELETE'), 202);
      await read(await call(`/images/${kept}`, 'PATCH', { description: 'mine' }));
      await emptyAlbums(serviceOf().services, { holder: 'test', signal: new AbortController().signal });
      assert.equal((await call(`/images/${kept}/metadata`)).status, 200);
      assert.equal((await call(`/images/${gone}/metadata`)).status, 404);
    });

    it('take no image of another user, whoever asks', async () => {
      const { album_id: id } = await create();
      const foreign = await upload([], bob);
      const admin = await serviceOf().keyOf({ scopes: ['images:admin'] });
      const answer = await call(`/albums/${id}/images`, 'POST', { add: [foreign] }, admin);
      assert.deepEqual(statuses((await read<{ results: Result[] }>(answer)).results), ['image-not-found']);
      assert.equal(
        await refused(await call(`/images?album=${id}&user_id=bob`, 'GET', undefined, admin), 404),
        'album-not-found',
      );
      assert.deepEqual(await listed(id), []);
    });

    it('may have an image in ten, and a deleted one makes room', async () => {
      const image = await upload();
      const all: string[] = [];
      for (let n = 0; n < 11; n += 1) all.push((await create()).album_id);
      const [last = '', ...ten] = all;
      for (const id of ten) assert.deepEqual(statuses(await change(id, { add: [image] })), ['added']);
      assert.deepEqual(statuses(await change(last, { add: [image] })), ['album-full']);
      await read(await call(`/albums/${ten[0]}`, 'DELETE'), 202);
      assert.deepEqual(statuses(await change(last, { add: [image] })), ['added']);
    });

    it('end at once when they are deleted, and their images leave them, or go to the trash', async () => {
      const [kept, gone] = [await create(), await create()];
      const [a, b] = (await uploads(2)) as [string, string];
      for (const { album_id } of [kept, gone]) await change(album_id, { add: [a, b] });
      const path = `/albums/${gone.album_id}`;
      const begun = { album_id: gone.album_id, status: 'deleting', with_images: false, done: 0, failed: 0 };
      assert.deepEqual(await read(await call(path, 'DELETE'), 202), { ...begun, finished_at: null });
      assert.equal(await refused(await call(path), 404), 'album-not-found');
      assert.equal(await refused(await call(`/images?album=${gone.album_id}`), 404), 'album-not-found');
      assert.equal(await refused(await call(`${path}/images`, 'POST', { add: [a] }), 404), 'album-not-found');
      const sweep = () => emptyAlbums(serviceOf().services, { holder: 'test', signal: new AbortController().signal });
      await sweep();
      await sweep(); // which meets no image
      const { finished_at, ...finished } = await read<{ finished_at: string }>(await call(path, 'DELETE'), 202);
      assert.deepEqual(finished, { ...begun, status: 'deleted', done: 2 });
      assert.ok(finished_at);
      const { albums } = (await serviceOf().services.images.get(a as ImageId)) ?? { albums: [] };
      assert.deepEqual(
        albums.map(({ albumId }) => String(albumId)),
        [kept.album_id],
      );
      assert.deepEqual(await listed(kept.album_id), [a, b]);

      await read(await call(`/albums/${kept.album_id}?with_images=true`, 'DELETE'), 202);
      await sweep();
      assert.equal(await refused(await call(`/images/${a}/metadata`), 404), 'image-not-found');
      await read(await call(`/images/${a}/restore`, 'POST'));
    });

    it('have exactly their images after rivals added, removed, trashed, restored and deleted', async () => {
      const { album_id: id } = await create();
      const ids = await uploads(8);
      const pick = () => ids[Math.floor(Math.random() * ids.length)] ?? '';
      const work = [
        () => change(id, { add: [...new Set([pick(), pick()])] }),
        () => change(id, { remove: [pick()] }),
        () => call(`/images/${pick()}/trash`, 'POST'),
        () => call(`/images/${pick()}/restore`, 'POST'),
        () => call('/images/change', 'POST', { image_ids: [pick()], add_tags: ['sea'] }),
      ];
      await Promise.all(Array.from({ length: RIVALS }, (_, n) => work[n % work.length]?.()));
      await call(`/images/${ids[0]}`, 'DELETE');
      const inAlbum = await listed(id);
      assert.equal((await album(id)).images, inAlbum.length);
      const again = await change(id, { add: ids });
      for (const { image_id, status } of again)
        if (inAlbum.includes(image_id)) assert.equal(status, 'unchanged', image_id);
      const ready = again.filter(({ status }) => status !== undefined).map(({ image_id }) => image_id);
      assert.deepEqual((await listed(id)).toSorted(), ready.toSorted());
      assert.equal((await album(id)).images, ready.length);
    });
  },
  ENVIRONMENT,
);
