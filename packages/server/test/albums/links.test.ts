import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import sharp from 'sharp';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { onEachRepository } from '../services/on-each-repository.ts';
import { json, post } from '../services/service.ts';

const ENVIRONMENT = { RATE_LIMITS: 'off' };
const UNKNOWN = '01a1f82b-80d8-703c-9c86-1b8ba42038ff';
const PASSWORD = 'correct horse';
const MAX_LINKS = 50;
const DESCRIPTION = 'A boat in the evening';
const picture = new Uint8Array(
  await sharp(await testImage({ type: 'image/jpeg', width: 64, height: 48 }))
    .withExif({ IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '38/1 42/1 0/1' }, IFD0: { Model: 'Camera of ada' } })
    .toBuffer(),
);

interface Link {
  readonly link_id: string;
  readonly page_url: string;
  readonly url: string;
  readonly allow: readonly string[];
  readonly originals: boolean;
  readonly card: boolean;
  readonly has_password: boolean;
  readonly expires_at: string;
}

interface SharedImage {
  readonly image_id: string;
  readonly filename: string;
  readonly description: string | null;
  readonly renditions: Readonly<Record<string, string>>;
  readonly download_url: string | null;
  readonly original_url: string | null;
}

interface Page {
  readonly count: number;
  readonly images: readonly SharedImage[];
  readonly next_cursor: string | null;
}

onEachRepository(
  'links of an album',
  (serviceOf) => {
    let ada: string;
    let bob: string;
    before(async () => {
      ada = await serviceOf().keyOf({ owner: 'ada' });
      bob = await serviceOf().keyOf({ owner: 'bob' });
    });

    const read = async <Answer>(answer: Response, status = 200): Promise<Answer> => {
      const text = await answer.text();
      assert.equal(answer.status, status, text);
      return JSON.parse(text) as Answer;
    };
    const refused = async (answer: Response): Promise<string> => {
      const { code } = (await answer.json()) as { code?: string };
      return `${answer.status} ${code}`;
    };
    const call = (path: string, method = 'GET', body?: object, key = ada) =>
      serviceOf().as(key, path, body ? { ...json(body), method } : { method });
    /** Without any credential but a pass. */
    const guest = (url: string, pass?: string): Promise<Response> =>
      Promise.resolve(
        serviceOf().request(url.replace(/^https?:\/\/[^/]+/, ''), {
          headers: pass === undefined ? {} : { authorization: `Bearer ${pass}` },
        }),
      );
    const upload = async (key = ada): Promise<string> => {
      const sent = await serviceOf().as(key, '/images/upload', post(picture, 'image/jpeg'));
      const { image_id: id } = await read<{ image_id: string }>(sent);
      return id;
    };
    const albumWith = async (ids: readonly string[], fields: object = {}): Promise<string> => {
      const made = await read<{ album_id: string }>(await call('/albums', 'POST', { title: 'Lisbon', ...fields }), 201);
      if (ids.length > 0) await read(await call(`/albums/${made.album_id}/images`, 'POST', { add: ids }));
      return made.album_id;
    };
    const link = async (album: string, fields: object = {}): Promise<Link> =>
      read(await call(`/albums/${album}/links`, 'POST', fields), 201);
    const change = (album: string, { link_id: id }: Link, fields: object) =>
      call(`/albums/${album}/links/${id}`, 'PATCH', fields);
    const listUrl = ({ url }: Link, query = ''): string => url.replace(/\?/, `/images?${query && `${query}&`}`);
    const list = async (one: Link, query = '', pass?: string): Promise<Page> =>
      read(await guest(listUrl(one, query), pass));
    const thumbOf = async (one: Link): Promise<string> => {
      const { images } = await list(one);
      return images[0]?.renditions['thumb'] ?? assert.fail();
    };
    const unlock = (one: Link, password: unknown, body = JSON.stringify({ password })): Promise<Response> =>
      Promise.resolve(
        serviceOf().request(one.url.replace(/^https?:\/\/[^/]+/, '').replace('?', '/unlock?'), {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        }),
      );

    it('show the album and its pictures to whoever has the URL, and nothing else of the owner', async () => {
      const [one, two] = [await upload(), await upload()];
      await read(await call(`/images/${one}`, 'PATCH', { description: DESCRIPTION, tags: ['private-tag'] }));
      const album = await albumWith([one, two], { description: 'A week' });
      const made = await link(album);
      assert.deepEqual(
        { ...made, link_id: '', page_url: '', url: '', expires_at: '' },
        {
          ...{ link_id: '', album_id: album, page_url: '', url: '', expires_at: '' },
          ...{ allow: ['view'], originals: false, card: false, has_password: false },
          ...{ max_images: null, max_bytes: null, content_types: null, approve: false },
          created_at: Reflect.get(made, 'created_at'),
        },
      );
      assert.match(
        made.page_url,
        new RegExp(`/s/albums/${album}/[\\w-]{22}\\?exp=\\d+&kid=[0-9a-f]{8}&sig=[\\w-]{43}$`),
      );

      const opened = await guest(made.url);
      assert.deepEqual(
        [opened.headers.get('cache-control'), opened.headers.get('vary')],
        ['private, no-store', 'Origin, Authorization'],
      );
      const { cover, ...shared } = await read<{ cover: SharedImage }>(opened);
      assert.equal(cover.image_id, one);
      assert.deepEqual(shared, {
        ...{ album_id: album, title: 'Lisbon', description: 'A week', order: 'added', images: 2 },
        ...{ allow: ['view'], originals: false, contributions: null, expires_at: made.expires_at },
      });
      const page = await list(made, 'limit=1');
      assert.deepEqual([page.count, page.images[0]?.description], [1, DESCRIPTION]);
      assert.deepEqual(Object.keys(page.images[0] ?? {}).toSorted(), [
        ...['content_type', 'description', 'dominant_color', 'download_url', 'filename', 'height', 'image_id'],
        ...['original_url', 'placeholder', 'renditions', 'taken_at', 'width'],
      ]);
      const rest = await list(made, `limit=1&cursor=${page.next_cursor}`);
      assert.deepEqual([rest.images[0]?.image_id, rest.next_cursor], [two, null]);
      // Without signatures and ids, in which any letters may stand.
      const all = JSON.stringify([shared, cover, page, rest]).replaceAll(/[\w-]{22,}/g, '');
      for (const secret of ['ada', 'private-tag', 'user_id', 's3', 'sha256', 'latitude', 'revision'])
        assert.ok(!all.includes(secret), secret);

      const shown = await guest(page.images[0]?.renditions['thumb'] ?? '');
      assert.equal(shown.status, 200);
      assert.match(shown.headers.get('cache-control') ?? '', /^public, max-age=\d+$/);
      assert.equal(shown.headers.get('cross-origin-resource-policy'), 'cross-origin');
      await upload().then((id) => call(`/albums/${album}/images`, 'POST', { add: [id] }));
      assert.equal((await list(made)).count, 3, 'what is added later');
    });

    it('go on in the order in which a list began, whatever the album has by then', async () => {
      const ids = [await upload(), await upload(), await upload()];
      const album = await albumWith(ids, { order: 'newest' });
      const made = await link(album);
      const first = await list(made, 'limit=1');
      await read(await call(`/albums/${album}`, 'PATCH', { order: 'oldest' }));
      const rest = await list(made, `limit=2&cursor=${first.next_cursor}`);
      const seen = [...first.images, ...rest.images].map(({ image_id: id }) => id);
      assert.deepEqual(seen, ids.toReversed());
      assert.deepEqual(
        (await list(made)).images.map(({ image_id: id }) => id),
        ids,
      );
      assert.deepEqual(
        (await list(made, 'order=newest')).images.map(({ image_id: id }) => id),
        ids.toReversed(),
      );
      const other = await link(album);
      assert.equal(await refused(await guest(listUrl(other, `cursor=${first.next_cursor}`))), '400 invalid-cursor');
      assert.equal(await refused(await guest(listUrl(made, 'cursor=abc'))), '400 invalid-cursor');
      assert.equal(await refused(await guest(listUrl(made, 'user_id=ada'))), '400 invalid-request');
    });

    it('end at once: by revoking, an earlier end, a lost right, and what becomes of album and image', async () => {
      const id = await upload();
      const album = await albumWith([id]);
      const ends: Readonly<Record<string, (one: Link) => Promise<unknown>>> = {
        'a removal': async () => read(await call(`/albums/${album}/images`, 'POST', { remove: [id] })),
        'a trashed image': async () => read(await call(`/images/${id}/trash`, 'POST')),
        revoking: async (one) => read(await call(`/albums/${album}/links/${one.link_id}`, 'DELETE')),
        'revoke-links of the image': async () => read(await call(`/images/${id}/revoke-links`, 'POST')),
        'a password': async (one) => read(await change(album, one, { password: PASSWORD })),
        'a deleted album': async () => read(await call(`/albums/${album}`, 'DELETE'), 202),
      };
      const mended: Readonly<Record<string, () => Promise<unknown>>> = {
        'a removal': async () => read(await call(`/albums/${album}/images`, 'POST', { add: [id] })),
        'a trashed image': async () => read(await call(`/images/${id}/restore`, 'POST')),
      };
      for (const [what, end] of Object.entries(ends)) {
        const one = await link(album);
        const url = await thumbOf(one);
        assert.equal((await guest(url)).status, 200, what);
        await end(one);
        const isRevoked = what === 'revoke-links of the image' || what === 'a password';
        assert.equal(await refused(await guest(url)), isRevoked ? '403 signature-invalid' : '404 link-not-found', what);
        await mended[what]?.();
        if (mended[what]) assert.equal((await guest(url)).status, 200, `${what}, and back`);
      }
    });

    it('can be changed: the URL stays, and only what takes something away ends what guests have', async () => {
      const album = await albumWith([await upload()]);
      const one = await link(album, { allow: ['view', 'download'], originals: true });
      const thumb = await thumbOf(one);
      for (const more of [{ card: true }, { card: false }, { expires_in: 31_536_000 }, { password: null }]) {
        const changed = await read<Link>(await change(album, one, more));
        assert.deepEqual([changed.url, changed.page_url], [one.url, one.page_url]);
        assert.equal((await guest(thumb)).status, 200, JSON.stringify(more));
      }
      const several = await link(album, { allow: ['view', 'download'], originals: true });
      const lost = await read<Link>(await change(album, several, { allow: ['view'] }));
      assert.deepEqual([lost.allow, lost.originals], [['view'], false], 'one field takes both');
      for (const less of [{ originals: false }, { allow: ['view'] }, { expires_in: 3_600 }]) {
        const before = await thumbOf(one);
        await read(await change(album, one, less));
        assert.equal(await refused(await guest(before)), '403 signature-invalid', JSON.stringify(less));
        assert.equal((await guest(await thumbOf(one))).status, 200);
      }
      for (const [body, status] of [
        [{}, 400],
        [{ originals: true }, 400],
        [{ card: true, password: PASSWORD }, 400],
        [{ expires_in: 59 }, 400],
      ] as const)
        assert.equal((await change(album, one, body)).status, status, JSON.stringify(body));
      serviceOf().clock.offsetMs += 3_601_000;
      assert.equal(await refused(await guest(one.url)), '410 link-expired');
      assert.equal(await refused(await change(album, one, { expires_in: 3_600 })), '404 link-not-found');
    });

    it('give files only where they say so, without metadata but for originals', async () => {
      const album = await albumWith([await upload()]);
      const fileOf = async (one: Link) => (await list(one)).images[0] ?? assert.fail();
      const looking = await fileOf(await link(album));
      assert.deepEqual([looking.download_url, looking.original_url], [null, null]);
      const thumb = looking.renditions['thumb'] ?? '';
      const asFile = thumb.replace(/\/renditions\/thumb\?v=[^&]*&/, '/download?');
      assert.equal(await refused(await guest(asFile)), '403 forbidden');

      const loading = await fileOf(await link(album, { allow: ['view', 'download'] }));
      const jpeg = await guest(loading.download_url ?? '');
      assert.deepEqual([jpeg.status, jpeg.headers.get('content-type')], [200, 'image/jpeg']);
      assert.match(jpeg.headers.get('content-disposition') ?? '', /^attachment; filename=/);
      const { exif } = await sharp(Buffer.from(await jpeg.arrayBuffer())).metadata();
      assert.equal(exif, undefined);
      assert.equal(loading.original_url, null);
      const original = (loading.download_url ?? '').replace('?', '?original=true&');
      assert.equal(await refused(await guest(original)), '403 forbidden');

      const all = await fileOf(await link(album, { allow: ['view', 'download'], originals: true }));
      const bytes = new Uint8Array(await (await guest(all.original_url ?? '')).arrayBuffer());
      assert.deepEqual(bytes, picture);
    });

    it('open nothing for another album, link or image, nor with a changed signature', async () => {
      const [one, two] = [await upload(), await upload()];
      const album = await albumWith([one]);
      const other = await albumWith([two]);
      const [mine, theirs] = [await link(album), await link(other)];
      const thumb = await thumbOf(mine);
      for (const wrong of [
        mine.url.replace(album, other),
        mine.url.replace(mine.link_id, theirs.link_id),
        mine.url.replace(/exp=(\d+)/, (_, exp: string) => `exp=${Number(exp) + 1}`),
        `${mine.url}&epoch=1`,
        thumb.replace(one, two),
        thumb.replace(/rev=[^&]*/, 'rev=AAAAAAAA'),
        thumb.replace(/&rev=[^&]*/, ''),
        thumb.replace(mine.link_id, theirs.link_id),
        thumb.replace(/sig=./, 'sig=_'),
      ])
        assert.equal(await refused(await guest(wrong)), '403 signature-invalid', wrong);
      assert.equal(await refused(await guest(mine.url.replace(album, 'none'))), '404 link-not-found');
      assert.equal(
        await refused(await guest(thumb.replace('/renditions/thumb', '/renditions/none'))),
        '404 unknown-preset',
      );
      const seal = mine.url.slice(mine.url.indexOf('?'));
      assert.equal((await guest(`/images/${one}${seal}`)).status, 401);
      assert.equal((await guest(`/images/${one}/renditions/thumb${seal}`)).status, 403);
    });

    it('ask for their password, and take a pass of this link as it is now', async () => {
      const album = await albumWith([await upload()]);
      const one = await link(album, { password: PASSWORD });
      assert.equal(one.has_password, true);
      assert.equal(await refused(await guest(one.url)), '401 password-required');
      assert.equal(await refused(await guest(listUrl(one))), '401 password-required');
      assert.equal(await refused(await unlock(one, 'wrong horse')), '403 wrong-password');
      for (const wrong of [4711, 'short', null, 'x'.repeat(201), ['correct horse']]) {
        const answer = await unlock(one, wrong);
        const problem = await answer.text();
        assert.equal(answer.status, 400);
        assert.ok(!problem.includes('4711') && !problem.includes('short') && !problem.includes('horse'), problem);
      }
      const broken = await unlock(one, undefined, 'hunter2hunter2');
      assert.equal(broken.status, 400);
      assert.ok(!(await broken.text()).includes('hunter2'));
      const challenge = (await guest(one.url)).headers.get('www-authenticate');
      assert.equal(challenge, 'Bearer realm="safelight"');
      const { pass, expires_at: until } = await read<{ pass: string; expires_at: string }>(await unlock(one, PASSWORD));
      assert.match(pass, /^slg_/);
      const left = Date.parse(until) - serviceOf().clock.now().getTime();
      assert.ok(left > 3_000_000 && left <= 3_600_000, `${left} ms`);
      const thumb = (await list(one, '', pass)).images[0]?.renditions['thumb'] ?? '';
      assert.equal((await guest(thumb)).status, 200);
      assert.ok(Number(/exp=(\d+)/.exec(thumb)?.[1]) * 1_000 <= Date.parse(until), 'URLs end with the pass');

      const other = await link(album, { password: PASSWORD });
      assert.equal(await refused(await guest(other.url, pass)), '401 password-required');
      assert.equal(await refused(await guest(one.url, ada)), '401 password-required');
      await read(await change(album, one, { password: 'another horse' }));
      assert.equal(await refused(await guest(one.url, pass)), '401 password-required');
      assert.equal(await refused(await guest(thumb)), '403 signature-invalid');
      assert.equal(await refused(await unlock(one, PASSWORD)), '403 wrong-password');
      await read(await change(album, one, { password: null }));
      assert.equal((await guest(one.url)).status, 200);
      assert.equal(await refused(await unlock(one, PASSWORD)), '400 invalid-request');
    });

    it('compare ten wrong passwords a minute, and count no right one', async () => {
      const one = await link(await albumWith([]), { password: PASSWORD });
      const answers = await Promise.all(Array.from({ length: 14 }, () => unlock(one, 'wrong horse')));
      const codes = await Promise.all(answers.map(refused));
      assert.equal(codes.filter((code) => code === '403 wrong-password').length, 10);
      assert.equal(codes.filter((code) => code === '429 rate-limited').length, 4);
      assert.equal(await refused(await unlock(one, PASSWORD)), '429 rate-limited');
      const other = await link(await albumWith([]), { password: PASSWORD });
      for (let guest = 0; guest < 12; guest += 1) await read(await unlock(other, PASSWORD));
    });

    it('are made, listed, changed and revoked by whoever may change the album, at most fifty of them', async () => {
      const album = await albumWith([]);
      const one = await link(album);
      const path = `/albums/${album}/links`;
      assert.equal(await refused(await call(path, 'GET', undefined, bob)), '404 album-not-found');
      assert.equal(await refused(await call(path, 'POST', {}, bob)), '404 album-not-found');
      assert.equal(
        await refused(await call(`${path}/${one.link_id}`, 'DELETE', undefined, bob)),
        '404 album-not-found',
      );
      assert.equal(await refused(await call(`/albums/${UNKNOWN}/links`, 'POST', {})), '404 album-not-found');
      for (const body of [
        { allow: [] },
        { allow: ['view', 'view'] },
        { allow: ['download'] },
        { allow: ['write'] },
        { originals: true },
        { card: true, password: PASSWORD },
        { expires_in: 31_536_001 },
        { password: 'seven77' },
        { what: 'original' },
      ])
        assert.equal(await refused(await call(path, 'POST', body)), '400 invalid-request', JSON.stringify(body));
      const made = await Promise.all(Array.from({ length: MAX_LINKS + 4 }, () => call(path, 'POST', {})));
      const codes = made.map(({ status }) => status);
      assert.equal(codes.filter((status) => status === 201).length, MAX_LINKS - 1, `${codes}`);
      assert.equal(await refused(await call(path, 'POST', {})), '409 too-many-links');
      const listed = await read<{ count: number; links: Link[] }>(await call(path));
      assert.deepEqual([listed.count, listed.links[0]], [MAX_LINKS, one]);
      await read(await call(`${path}/${one.link_id}`, 'DELETE'));
      assert.equal(await refused(await call(`${path}/${one.link_id}`, 'DELETE')), '404 link-not-found');
      assert.equal((await call(path, 'POST', { expires_in: 60 })).status, 201);
      serviceOf().clock.offsetMs += 61_000;
      assert.equal((await read<{ count: number }>(await call(path))).count, MAX_LINKS - 1);
    });
  },
  ENVIRONMENT,
);
