import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { sweepOnce } from '../../src/run/worker.ts';
import { onEachRepository } from '../services/on-each-repository.ts';
import { json } from '../services/service.ts';

const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));
const ANNA = 'A'.repeat(32);
const BEN = 'B'.repeat(64);
const NAME = '<b>Anna</b> "x"';
const HOUR_MS = 3_600_000;

interface Link {
  readonly link_id: string;
  readonly url: string;
  readonly allow: readonly string[];
  readonly max_images: number | null;
}

interface Granted {
  readonly image_id: string;
  readonly upload_url: string;
  readonly headers: Record<string, string>;
  readonly status: string;
}

interface Listed {
  readonly image_id: string;
  readonly filename: string;
  readonly status: string;
  readonly user_id: string;
  readonly visibility: string;
  readonly added_by?: { readonly guest_id: string; readonly name: string | null; readonly link_id: string };
}

interface List {
  readonly count: number;
  readonly images: readonly Listed[];
  readonly next_cursor: string | null;
}

onEachRepository(
  'pictures that guests add',
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
    const refusal = async (answer: Response): Promise<string> => {
      const { code } = (await answer.json()) as { code?: string };
      return `${answer.status} ${code}`;
    };
    const call = (path: string, method = 'GET', body?: object, key = ada) =>
      serviceOf().as(key, path, body ? { ...json(body), method } : { method });
    const guest = (
      url: string,
      method = 'GET',
      body?: object,
      headers: Record<string, string> = {},
    ): Promise<Response> =>
      Promise.resolve(
        serviceOf().request(url.replace(/^https?:\/\/[^/]+/, ''), {
          method,
          headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
          ...(body && { body: JSON.stringify(body) }),
        }),
      );
    const newAlbum = async (fields: object = {}): Promise<string> => {
      const made = await read<{ album_id: string }>(await call('/albums', 'POST', { title: 'Party', ...fields }), 201);
      return made.album_id;
    };
    const link = async (album: string, fields: object = {}): Promise<Link> =>
      read(await call(`/albums/${album}/links`, 'POST', { allow: ['view', 'contribute'], ...fields }), 201);
    const below = ({ url }: Link, path: string): string => url.replace('?', `${path}?`);
    const ask = (one: Link, fields: object = {}, secret = ANNA, headers: Record<string, string> = {}) =>
      guest(
        below(one, '/uploads'),
        'POST',
        { content_type: 'image/jpeg', size: picture.length, ...fields },
        {
          'guest-secret': secret,
          ...headers,
        },
      );
    const grant = async (...asked: Parameters<typeof ask>): Promise<Granted> => read(await ask(...asked), 201);
    const send = async (granted: Granted): Promise<void> => {
      const sent = await put(granted);
      assert.ok(sent.ok, await sent.text());
    };
    const put = async ({ upload_url: url, headers }: Granted): Promise<Response> =>
      serviceOf().request(url.replace(/^https?:\/\/[^/]+/, ''), { method: 'PUT', headers, body: picture });
    /** Its bytes come too late: the picture is rejected, and nothing of it stays. */
    const requireRefused = async (granted: Granted): Promise<void> => {
      const sent = await put(granted);
      assert.deepEqual(
        [sent.status, /refused-by-gate: expected a link that stands/.test(await sent.text())],
        [400, true],
      );
      assert.equal(await statusOf(granted.image_id), 'rejected');
    };
    const complete = (one: Link, id: string, secret = ANNA) =>
      guest(below(one, `/uploads/${id}/complete`), 'POST', undefined, { 'guest-secret': secret });
    const takeBack = (one: Link, id: string, secret = ANNA) =>
      guest(below(one, `/uploads/${id}`), 'DELETE', undefined, { 'guest-secret': secret });
    const add = async (one: Link, fields: object = {}, secret = ANNA): Promise<string> => {
      const granted = await grant(one, fields, secret);
      await send(granted);
      await read(await complete(one, granted.image_id, secret));
      return granted.image_id;
    };
    const sweep = () => {
      const { services } = serviceOf();
      return sweepOnce(services, { holder: services.newId(), signal: new AbortController().signal });
    };
    const imagesOf = async (album: string): Promise<List> => read(await call(`/images?album=${album}`));
    const statusOf = async (id: string): Promise<string> =>
      (await read<Listed>(await call(`/images/${id}/metadata`))).status;

    it('are in the album once they are verified, and belong to its owner, who sees who added them', async () => {
      const album = await newAlbum();
      const one = await link(album);
      assert.equal(one.max_images, 500);
      const granted = await grant(one, { filename: 'party.jpg', name: NAME });
      assert.doesNotMatch(JSON.stringify(granted), /ada/);
      assert.equal((await imagesOf(album)).count, 0);
      assert.equal(await refusal(await complete(one, granted.image_id)), '409 upload-missing');
      await send(granted);
      const done = await read(await complete(one, granted.image_id));
      assert.deepEqual(done, { image_id: granted.image_id, status: 'ready' });
      assert.deepEqual(await read(await complete(one, granted.image_id)), done);

      const { images } = await imagesOf(album);
      const [listed, ...others] = images;
      assert.ok(listed && others.length === 0);
      assert.deepEqual(
        [listed.image_id, listed.filename, listed.user_id, listed.visibility],
        [granted.image_id, 'party.jpg', 'ada', 'private'],
      );
      assert.deepEqual([listed.added_by?.name, listed.added_by?.link_id], [NAME, one.link_id]);
      assert.match(listed.added_by?.guest_id ?? '', /^[\w-]{22}$/);
      const { contributed_at, cover_id } = await read<{ contributed_at: string; cover_id: string }>(
        await call(`/albums/${album}`),
      );
      assert.equal(cover_id, granted.image_id);
      assert.ok(Date.parse(contributed_at) <= serviceOf().clock.now().getTime());

      const shared = await (await guest(below(one, '/images'))).text();
      assert.ok(shared.includes(granted.image_id) && !shared.includes('added_by') && !shared.includes('Anna'));
      const view = (fields: object) => call('/view-tokens', 'POST', { expires_in: 60, ...fields });
      for (const [fields, isSeen] of [
        [{}, false],
        [{ metadata: true }, true],
      ] as const) {
        const { token } = await read<{ token: string }>(await view(fields), 201);
        const seen = await (await call(`/images/${granted.image_id}/metadata`, 'GET', undefined, token)).text();
        assert.deepEqual([seen.includes('"status":"ready"'), seen.includes('added_by')], [true, isSeen]);
      }
      const unnamed = await add(one, {}, BEN);
      const of = (await imagesOf(album)).images.find(({ image_id: id }) => id === unnamed)?.added_by;
      assert.equal(of?.name, null);
      assert.notEqual(of?.guest_id, listed.added_by?.guest_id);
    });

    it('are known to the guest alone that uploaded them, and by no other link', async () => {
      const album = await newAlbum();
      const [one, other] = [await link(album), await link(album)];
      const id = await add(one);
      for (const asked of [
        () => complete(one, id, BEN),
        () => takeBack(one, id, BEN),
        () => complete(other, id),
        () => takeBack(other, id),
      ])
        assert.equal(await refusal(await asked()), '404 image-not-found');
      const own = await read<{ image_id: string }>(
        await serviceOf().as(ada, '/images/upload', {
          method: 'POST',
          body: picture,
          headers: { 'content-type': 'image/jpeg' },
        }),
      );
      for (const asked of [complete, takeBack])
        assert.equal(await refusal(await asked(one, own.image_id)), '404 image-not-found');
      for (const secret of ['', 'short', 'a'.repeat(65), `${'a'.repeat(40)}!`])
        assert.equal(await refusal(await complete(one, id, secret)), '400 invalid-request');
      assert.equal(await statusOf(id), 'ready');
    });

    it('never replace a picture, not even one that the guest added', async () => {
      const one = await link(await newAlbum());
      const id = await add(one);
      await read(await call(`/images/${id}`, 'PATCH', { external_id: 'party' }));
      for (const fields of [{ replaces: id }, { external_id: 'party', if_exists: 'replace' }])
        assert.equal(await refusal(await ask(one, fields)), '400 invalid-request');
      const { url } = await link(await newAlbum());
      const sent = { method: 'PUT', body: picture, headers: { 'content-type': 'image/jpeg', 'guest-secret': ANNA } };
      const answer = await serviceOf().request(`/images/${id}/content${new URL(url).search}`, sent);
      assert.equal(await refusal(answer), '401 unauthenticated');
    });

    it('are taken back for good within an hour, and not later', async () => {
      const album = await newAlbum();
      const one = await link(album);
      const [id, late] = [await add(one), await add(one)];
      const pending = await grant(one);
      await read(await takeBack(one, pending.image_id));
      assert.deepEqual(await read(await takeBack(one, id)), { image_id: id, status: 'deleted' });
      assert.equal(await refusal(await takeBack(one, id)), '404 image-not-found');
      assert.equal(await refusal(await call(`/images/${id}/metadata`)), '404 image-not-found');
      serviceOf().clock.offsetMs += HOUR_MS + 1_000;
      assert.equal(await refusal(await takeBack(one, late)), '403 forbidden');
      assert.equal((await imagesOf(album)).count, 1);
    });

    it('end exactly with the terms of the link: their number, size and types', async () => {
      const album = await newAlbum();
      const one = await link(album, {
        max_images: 3,
        max_bytes: picture.length,
        content_types: ['image/jpeg', 'image/heic'],
      });
      const opened = await read<{ contributions: object }>(await guest(one.url));
      assert.deepEqual(opened.contributions, {
        max_bytes: picture.length,
        content_types: ['image/jpeg', 'image/heic'],
        approve: false,
      });
      assert.equal(await refusal(await ask(one, { size: picture.length + 1 })), '400 upload-too-large');
      assert.equal(await refusal(await ask(one, { content_type: 'image/png' })), '400 invalid-request');
      assert.equal(await refusal(await ask(one, { content_type: 'text/html' })), '400 unsupported-type');
      const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => ask(one, {}, n % 2 === 0 ? ANNA : BEN)));
      const statuses = answers.map(({ status }) => status);
      assert.equal(statuses.filter((status) => status === 201).length, 3);
      const refused = answers.find(({ status }) => status !== 201) ?? assert.fail();
      const { code, detail } = (await refused.json()) as { code: string; detail: string };
      assert.deepEqual([refused.status, code], [409, 'album-full']);
      assert.match(detail, /^expected a link that takes one more picture; got one for 3, all used$/);

      const raised = await call(`/albums/${album}/links/${one.link_id}`, 'PATCH', { max_images: 4 });
      assert.equal((await read<Link>(raised)).max_images, 4);
      await add(one);
      assert.equal(await refusal(await ask(one)), '409 album-full');
      await read(await call(`/albums/${album}/links/${one.link_id}`, 'PATCH', { max_images: null }));
      await add(one);
    });

    it('are one upload with the same Idempotency-Key of one guest, and two of two guests', async () => {
      const one = await link(await newAlbum());
      const keyed = { 'idempotency-key': 'picture-1' };
      const [first, again] = [await grant(one, {}, ANNA, keyed), await grant(one, {}, ANNA, keyed)];
      assert.equal(again.image_id, first.image_id);
      assert.notEqual((await grant(one, {}, BEN, keyed)).image_id, first.image_id);
      assert.equal(
        await refusal(await ask(one, { size: picture.length - 1 }, ANNA, keyed)),
        '409 idempotency-conflict',
      );
    });

    it('need a link that takes them: a closed door keeps the album visible, a revoked link lets nothing arrive', async () => {
      const album = await newAlbum();
      const one = await link(album);
      const view = await link(album, { allow: ['view'] });
      const [granted, later] = [await grant(one), await grant(one)];
      const closed = await read<Link>(
        await call(`/albums/${album}/links/${one.link_id}`, 'PATCH', { allow: ['view'] }),
      );
      assert.deepEqual([closed.allow, closed.max_images], [['view'], 500]);
      assert.equal(await refusal(await ask(one)), '403 forbidden');
      assert.equal(await refusal(await takeBack(one, granted.image_id)), '403 forbidden');
      await read(await guest(one.url));
      await send(granted);
      const found = await read<Listed>(await call(`/images/${granted.image_id}/complete`, 'POST'));
      assert.equal(found.status, 'ready'); // it was granted before

      await read(await call(`/albums/${album}/links/${one.link_id}`, 'DELETE'));
      await requireRefused(later);
      assert.equal(await refusal(await ask(one)), '404 link-not-found');

      assert.equal(await refusal(await ask(view)), '403 forbidden');
    });

    it('have the same terms when the door opens again, and five hundred where it opens for the first time', async () => {
      const album = await newAlbum();
      const [one, view] = [await link(album, { approve: true, max_images: 5 }), await link(album, { allow: ['view'] })];
      const allow = async ({ link_id: id }: Link, rights: readonly string[]) =>
        read<Link & { approve: boolean }>(await call(`/albums/${album}/links/${id}`, 'PATCH', { allow: rights }));
      await allow(one, ['view']);
      const again = await allow(one, ['view', 'contribute']);
      assert.deepEqual([again.approve, again.max_images], [true, 5]);
      assert.equal((await allow(view, ['contribute'])).max_images, 500);
    });

    it('wait for the owner if the link says so when they arrive, whatever it said before', async () => {
      const album = await newAlbum();
      const one = await link(album);
      const granted = await grant(one);
      await read(await call(`/albums/${album}/links/${one.link_id}`, 'PATCH', { approve: true }));
      await send(granted);
      assert.equal((await read<Listed>(await complete(one, granted.image_id))).status, 'held');
    });

    it('arrive wherever their owner has put them meanwhile, and are decided about by the album of the link', async () => {
      const [older, album] = [await newAlbum(), await newAlbum()];
      const one = await link(album, { approve: true });
      const [moved, out] = [await grant(one), await grant(one)];
      await read(await call(`/albums/${older}/images`, 'POST', { add: [moved.image_id] }));
      await read(await call(`/albums/${album}/images`, 'POST', { remove: [out.image_id] }));
      for (const granted of [moved, out]) {
        await send(granted);
        assert.equal((await read<Listed>(await complete(one, granted.image_id))).status, 'held');
        await read(await call(`/albums/${album}/contributions/${granted.image_id}`, 'PUT', { verdict: 'pass' }));
      }
      for (const list of [await imagesOf(older), await imagesOf(album)])
        assert.deepEqual(
          list.images.map(({ image_id }) => image_id),
          [moved.image_id],
        );
      assert.equal(await statusOf(out.image_id), 'ready');
    });

    it('do not arrive once the link has expired', async () => {
      const album = await newAlbum();
      const one = await link(album, { expires_in: 60 });
      const granted = await grant(one);
      serviceOf().clock.offsetMs += 61_000;
      await requireRefused(granted);
    });

    it('do not arrive once the album is deleted', async () => {
      const album = await newAlbum();
      const one = await link(album);
      const granted = await grant(one);
      await read(await call(`/albums/${album}`, 'DELETE'), 202);
      await requireRefused(granted);
    });

    it('are all that a drop box is for: it shows nothing of the album', async () => {
      const album = await newAlbum({ description: 'Secret' });
      const one = await link(album, { allow: ['contribute'] });
      const id = await add(one);
      const opened = await read<{ images: number | null; cover?: object }>(await guest(one.url));
      assert.deepEqual([opened.images, opened.cover], [null, undefined]);
      assert.equal(await refusal(await guest(below(one, '/images'))), '403 forbidden');
      assert.equal((await imagesOf(album)).images[0]?.image_id, id);
    });

    it('ask for the pass of a link with a password', async () => {
      const one = await link(await newAlbum(), { password: 'correct horse' });
      assert.equal(await refusal(await ask(one)), '401 password-required');
      const { pass } = await read<{ pass: string }>(
        await guest(below(one, '/unlock'), 'POST', { password: 'correct horse' }),
      );
      await grant(one, {}, ANNA, { authorization: `Bearer ${pass}` });
    });

    it('count to the quota of the owner, which ends exactly, and of which a guest learns no number', async () => {
      const admin = serviceOf().admin;
      const carl = await serviceOf().keyOf({ owner: 'carl' });
      await read(await call('/quotas/carl', 'PUT', { bytes: null, images: 5, pending: null }, admin));
      const made = await read<{ album_id: string }>(await call('/albums', 'POST', { title: 'Full' }, carl), 201);
      const one = await read<Link>(
        await call(`/albums/${made.album_id}/links`, 'POST', { allow: ['contribute'] }, carl),
        201,
      );
      const asked = await Promise.all(Array.from({ length: 12 }, (_, n) => ask(one, {}, n % 2 === 0 ? ANNA : BEN)));
      assert.equal(asked.filter(({ status }) => status === 201).length, 5);
      const refused = asked.find(({ status }) => status !== 201) ?? assert.fail();
      const problem = (await refused.json()) as { code: string; detail: string };
      assert.deepEqual([refused.status, problem.code], [403, 'quota-exceeded']);
      assert.doesNotMatch(JSON.stringify(problem), /\d+ (?:images|bytes)|"quota"|carl/);
    });

    it('wait for the owner where the link says so: accepted ones are in the album, refused ones are gone', async () => {
      const album = await newAlbum();
      const one = await link(album, { approve: true });
      const [good, bad] = [await add(one, { name: 'Anna' }), await add(one)];
      assert.deepEqual(await read(await complete(one, good)), { image_id: good, status: 'held' });
      assert.equal((await imagesOf(album)).count, 0);
      const path = `/albums/${album}/contributions`;
      const waiting = await read<List>(await call(path));
      assert.deepEqual(
        waiting.images.map(({ image_id, status, added_by }) => [image_id, status, added_by?.name]),
        [
          [good, 'held', 'Anna'],
          [bad, 'held', null],
        ],
      );
      const seen = await call(`${path}/${good}/preview`);
      assert.deepEqual([seen.status, seen.headers.get('content-type')], [200, 'image/jpeg']);
      for (const [asked, expected] of [
        [() => call(path, 'GET', undefined, bob), '404 album-not-found'],
        [() => call(`${path}/${good}/preview`, 'GET', undefined, bob), '404 album-not-found'],
        [() => call(`${path}/${good}`, 'PUT', { verdict: 'pass' }, bob), '404 album-not-found'],
        [() => call(`${path}/${good}`, 'PUT', { verdict: 'maybe' }), '400 invalid-request'],
      ] as const)
        assert.equal(await refusal(await asked()), expected);
      const moderator = await serviceOf().keyOf({ actsAs: 'everyone', scopes: ['images:moderate'] });
      const { sha256 } = await read<{ sha256: string }>(await call(`/images/${good}/metadata`));
      const decision = { gate: 'owner', sha256, verdict: 'pass' };
      assert.equal(await refusal(await call(`/images/${good}/decision`, 'POST', decision, moderator)), '403 forbidden');
      assert.equal(await refusal(await call(`/images/${good}/review`, 'GET', undefined, moderator)), '409 not-awaited');
      assert.equal(
        await refusal(await call('/gates/owner/drop', 'POST', undefined, serviceOf().admin)),
        '400 invalid-request',
      );

      for (const _ of [1, 2])
        assert.deepEqual(await read(await call(`${path}/${good}`, 'PUT', { verdict: 'pass' })), {
          image_id: good,
          status: 'ready',
        });
      for (const _ of [1, 2])
        assert.deepEqual(await read(await call(`${path}/${bad}`, 'PUT', { verdict: 'refuse' })), {
          image_id: bad,
          status: 'rejected',
        });
      assert.equal(await refusal(await call(`${path}/${bad}`, 'PUT', { verdict: 'pass' })), '409 already-decided');
      assert.equal(await refusal(await call(`${path}/${good}`, 'PUT', { verdict: 'refuse' })), '409 already-decided');
      assert.deepEqual(
        (await imagesOf(album)).images.map(({ image_id }) => image_id),
        [good],
      );
      assert.equal((await read<List>(await call(path))).count, 0);
      const told = await read<{ status: string; rejection: { code: string } }>(await complete(one, bad));
      assert.deepEqual([told.status, told.rejection.code], ['rejected', 'refused-by-gate']);
    });

    it('are refused when nobody decides for thirty days', async () => {
      const album = await newAlbum();
      const one = await link(album, { approve: true, expires_in: 31_536_000 });
      const id = await add(one);
      const { held_until } = await read<{ held_until: string }>(await call(`/images/${id}/metadata`));
      const days = (Date.parse(held_until) - serviceOf().clock.now().getTime()) / 86_400_000;
      assert.ok(days > 29.9 && days <= 30, `${days}`);
      serviceOf().clock.offsetMs += 29 * 86_400_000;
      await sweep();
      assert.equal(await statusOf(id), 'held');
      serviceOf().clock.offsetMs += 86_400_000;
      await sweep();
      assert.equal(await statusOf(id), 'rejected');
    });

    it('have terms only with the right to add them, and refuse others', async () => {
      const album = await newAlbum();
      for (const fields of [
        { allow: ['view'], max_images: 3 },
        { allow: ['view'], max_bytes: 3 },
        { allow: ['view'], content_types: ['image/png'] },
        { allow: ['view'], approve: true },
        { max_images: 0 },
        { max_images: 10_001 },
        { max_bytes: 0 },
        { content_types: [] },
        { approve: 'yes' },
      ])
        assert.equal(
          await refusal(await call(`/albums/${album}/links`, 'POST', { allow: ['view', 'contribute'], ...fields })),
          '400 invalid-request',
          JSON.stringify(fields),
        );
      const one = await link(album);
      for (const fields of [
        { name: '' },
        { name: 'a'.repeat(101) },
        { name: 'a\u202eb' },
        { name: 'a\nb' },
        { tags: ['x'] },
        { size: null },
        { user_id: 'bob' },
      ])
        assert.equal(await refusal(await ask(one, fields)), '400 invalid-request', JSON.stringify(fields));
    });
  },
  { USAGE: 'on' },
);
