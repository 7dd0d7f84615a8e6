import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Image, Page } from '../answers.ts';
import { type Api, bodyOf, json, newUser, putGood, requireProblem } from '../api.ts';
import { FORMS } from '../forms.ts';
import { HTML, picture } from '../pictures.ts';

const POST: RequestInit = { method: 'POST' };
const DELETE: RequestInit = { method: 'DELETE' };
const DAY_SECONDS = 86_400;

/** A page of a foreign site that shows an image. */
const ON_A_FOREIGN_PAGE = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' };

/** Public and private images, and their presets. */
export const describeVisibility = (api: Api): void => {
  const isStreamed = api.bytes === 'stream';
  const upload = async (): Promise<Image> => api.upload(newUser(), await picture({ width: 400, height: 300 }));
  const change = (id: string, visibility: string): Promise<Image> =>
    api.ask(`/images/${id}`, json({ visibility }, {}, 'PATCH'));
  const publicImage = async (): Promise<Image> => change((await upload()).image_id, 'public');
  const presetOf = (id: string, query = ''): string => `/images/${id}/renditions/thumb${query}`;
  const sealOf = ({ renditions }: Image): string => {
    const { searchParams } = new URL(renditions?.['thumb'] ?? '');
    searchParams.delete('v');
    return `?${searchParams}`;
  };
  /** As its holder would revive it: the image's epoch is 1 after its first change, and then 2. */
  const withEpoch = (seal: string, epoch: number): string => {
    const query = new URLSearchParams(seal);
    query.set('epoch', String(epoch));
    return `?${query}`;
  };
  /** The service's own answer. */
  const firstAnswer = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const answer = await api.anonymously(path, { redirect: 'manual', ...init });
    if (init.method !== 'HEAD') await answer.clone().arrayBuffer();
    return answer;
  };
  /**
   * Who may see public presets only: without a credential with authentication, and a foreign page in open mode, where
   * everyone else may see all.
   */
  const stranger: RequestInit = api.isOpen ? { headers: ON_A_FOREIGN_PAGE } : {};
  const REFUSED = api.isOpen ? 'origin-not-allowed' : 'unauthenticated';
  const shown = isStreamed ? 200 : 302;

  describe('The visibility of an image', () => {
    it('is private unless its grant or upload says public, in every form, and in its JSON', async () => {
      for (const [form, sending] of Object.entries(FORMS))
        for (const visibility of [undefined, 'private', 'public'] as const) {
          const [path, init] = sending({ user: newUser(), bytes: await picture(), ...(visibility && { visibility }) });
          const { image_id } = await api.ask<{ image_id: string }>(path, init);
          assert.equal((await api.metadata(image_id)).visibility, visibility ?? 'private', form);
        }
    });

    it('is private or public: anything else is 400', async () => {
      const { image_id } = await upload();
      for (const visibility of ['hidden', 'Public', '', 1, null]) {
        await api.refused('invalid-request', `/images/${image_id}`, json({ visibility }, {}, 'PATCH'), 'visibility');
      }
      const grant = json({ user_id: newUser(), content_type: 'image/png', visibility: 'hidden' });
      await api.refused('invalid-request', '/uploads', grant, 'visibility');
    });

    it('is changed by PATCH, and stays through finalize, trash and restore', async () => {
      const grant = await api.grant({ user_id: newUser(), visibility: 'public' });
      await putGood(grant, await picture());
      assert.equal((await api.metadata(grant.image_id)).visibility, 'public');
      if (api.trashDays > 0) {
        await api.ask(`/images/${grant.image_id}/trash`, POST);
        assert.equal((await api.ask<Image>(`/images/${grant.image_id}/restore`, POST)).visibility, 'public');
      }
      assert.equal((await change(grant.image_id, 'private')).visibility, 'private');
      const path = `/images/${grant.image_id}/metadata`;
      assert.equal((await api.ask<Image>(path, json({ visibility: 'public' }, {}, 'PATCH'))).visibility, 'public');
    });

    it('ends every signed URL when it changes, in both directions, and only then', async () => {
      const { image_id } = await upload();
      for (const visibility of ['public', 'private']) {
        const { url } = await api.link(image_id, { w: 10 });
        const link = await api.ask<{ url: string }>(`/images/${image_id}/links`, json({ what: 'original' }));
        const seal = api.isOpen ? undefined : sealOf(await api.metadata(image_id));
        const opened = [url, link.url, ...(seal ? [presetOf(image_id, seal)] : [])];
        await api.ask(`/images/${image_id}`, json({ description: visibility }, {}, 'PATCH'));
        await change(image_id, visibility === 'public' ? 'private' : 'public'); // as it is
        for (const one of opened) assert.equal((await api.anonymously(one)).status, 200, one);
        await change(image_id, visibility);
        await requireProblem(await firstAnswer(url), 'signature-invalid');
        await requireProblem(await firstAnswer(link.url), 'link-not-found');
        for (const query of seal ? [seal, withEpoch(seal, 1), withEpoch(seal, 2)] : [])
          await requireProblem(await firstAnswer(presetOf(image_id, query)), 'signature-invalid');
      }
    });

    it('filters no list', async () => {
      const { image_id, user_id } = await publicImage();
      await api.listOf({ user_id }, [image_id]);
    });
  });

  describe('A public image', () => {
    let image: Image;
    before(async () => {
      image = await publicImage();
    });

    it('shows its presets to everyone, on pages of any origin', async () => {
      const path = presetOf(image.image_id);
      for (const method of ['GET', 'HEAD']) {
        const answer = await firstAnswer(path, { ...stranger, method });
        assert.equal(answer.status, method === 'HEAD' ? 200 : shown);
        assert.equal(answer.headers.get('cross-origin-resource-policy'), 'cross-origin');
        assert.equal(answer.headers.get('referrer-policy'), 'no-referrer');
      }
      const seen = await bodyOf(await api.anonymously(path, stranger));
      assert.deepEqual(seen, await api.read(path));
      const foreign = await firstAnswer(path, { headers: ON_A_FOREIGN_PAGE });
      assert.equal(foreign.status, shown);
      if (!api.isOpen) await api.refused('unauthenticated', path, { headers: { Authorization: 'Bearer junk' } });
    });

    it('may be kept for five minutes by browsers and a day by shared caches', {
      skip: !isStreamed && 'the store sends the bytes',
    }, async () => {
      const answer = await firstAnswer(presetOf(image.image_id), stranger);
      assert.equal(answer.headers.get('cache-control'), `public, max-age=300, s-maxage=${DAY_SECONDS}`);
    });

    it('shows nothing else: no metadata, original, download, render or list', async () => {
      for (const [path, init] of [
        ['', {}],
        ['/original', {}],
        ['/download', {}],
        ['/download?format=jpeg', {}],
        ['/metadata', {}],
        ['/links', {}],
        ['/renditions/thumb/download', {}],
        ['/render-url', json({ w: 10 })],
        ['/links', json({ what: 'original' })],
        ['/revoke-links', POST],
        ['', DELETE],
      ] as const) {
        const headers = new Headers(init.headers);
        for (const [name, value] of Object.entries(stranger.headers ?? {})) headers.set(name, value);
        const answer = await firstAnswer(`/images/${image.image_id}${path}`, { ...init, headers });
        await requireProblem(answer, REFUSED);
      }
      await requireProblem(await firstAnswer(`/images/${image.image_id}/render?w=10`), 'signature-invalid');
      await requireProblem(await firstAnswer('/images', stranger), REFUSED);
      const unknown = await firstAnswer(`/images/${image.image_id}/renditions/nothing`, stranger);
      await requireProblem(unknown, 'unknown-preset');
    });

    it('that is private, absent, pending, rejected, trashed or deleted has one identical refusal, which no cache keeps', async () => {
      const [hidden, shared] = [await upload(), await publicImage()]; // not the image of the other tests, which run at the same time
      const [trashed, deleted] = [await publicImage(), await publicImage()];
      const pending = await api.grant({ user_id: newUser(), visibility: 'public' });
      const rejected = await api.grant({ user_id: newUser(), visibility: 'public' });
      await fetch(rejected.upload_url, { method: 'PUT', headers: rejected.headers, body: HTML }).then((answer) =>
        answer.arrayBuffer(),
      );
      await (await api.send(`/images/${rejected.image_id}/complete`, POST)).arrayBuffer();
      if (api.trashDays > 0) await api.ask(`/images/${trashed.image_id}/trash`, POST);
      else await api.ask(`/images/${trashed.image_id}`, DELETE);
      await api.ask(`/images/${deleted.image_id}`, DELETE);

      const refusalOf = async (id: string, method: string) => {
        const answer = await firstAnswer(presetOf(id), { ...stranger, method });
        const headers = Object.fromEntries(answer.headers);
        for (const name of ['date', 'x-request-id', 'connection', 'keep-alive']) delete headers[name];
        if (method === 'HEAD') return { status: answer.status, headers };
        const { request_id: _, ...problem } = await requireProblem(answer, REFUSED);
        return { headers, problem };
      };
      for (const method of ['GET', 'HEAD']) {
        const absent = await refusalOf(crypto.randomUUID(), method);
        assert.equal(absent.headers['cache-control'], 'no-store');
        for (const { image_id } of [hidden, pending, rejected, trashed, deleted])
          assert.deepEqual(await refusalOf(image_id, method), absent, method);
      }
      assert.equal((await change(shared.image_id, 'private')).visibility, 'private');
      const absent = await refusalOf(crypto.randomUUID(), 'GET');
      assert.deepEqual(await refusalOf(shared.image_id, 'GET'), absent, 'at once');
      await change(shared.image_id, 'public');
      assert.equal((await firstAnswer(presetOf(shared.image_id), stranger)).status, shown);
    });
  });

  describe('The URL of a render', () => {
    it('may be cached for a day at most, and has the epoch of its image', {
      skip: !isStreamed && 'the store sends the bytes',
    }, async () => {
      const { image_id } = await upload();
      const keptSeconds = async (asked: object): Promise<number> => {
        const { url } = await api.link(image_id, { w: 10, ...asked });
        const cacheControl = (await firstAnswer(url)).headers.get('cache-control') ?? '';
        return Number(/^public, max-age=(\d+)$/.exec(cacheControl)?.[1] ?? Number.NaN);
      };
      assert.equal(await keptSeconds({ expires_in: 31_536_000 }), DAY_SECONDS);
      assert.equal(await keptSeconds({}), DAY_SECONDS);
      assert.ok((await keptSeconds({ expires_in: 60 })) <= 120);
    });
  });

  describe('The URL of a preset in JSON', { skip: api.isOpen && 'the service is open' }, () => {
    it('is signed, and opens every preset of its image without a credential, and no other image', async () => {
      const [image, other] = [await upload(), await upload()];
      for (const [preset, url] of Object.entries(image.renditions ?? {})) {
        assert.deepEqual([...new URL(url).searchParams.keys()], ['v', 'exp', 'kid', 'sig']);
        const answer = await firstAnswer(url, { headers: ON_A_FOREIGN_PAGE });
        assert.equal(answer.status, shown, preset);
        assert.equal(answer.headers.get('cross-origin-resource-policy'), 'cross-origin');
        assert.equal(answer.headers.get('referrer-policy'), 'no-referrer');
      }
      const seal = sealOf(image);
      assert.equal((await api.anonymously(presetOf(image.image_id, seal))).status, 200);
      await requireProblem(await firstAnswer(presetOf(other.image_id, seal)), 'signature-invalid');
      await requireProblem(await firstAnswer(presetOf(crypto.randomUUID(), seal)), 'signature-invalid');
      await requireProblem(await firstAnswer(presetOf(image.image_id)), 'unauthenticated');
      for (const path of ['', '/original', '/metadata', '/renditions/thumb/download'])
        await requireProblem(await firstAnswer(`/images/${image.image_id}${path}${seal}`), 'unauthenticated');
    });

    it('is decided by its signature alone, whatever credential comes with it', async () => {
      const { image_id, renditions } = await upload();
      const url = renditions?.['thumb'] ?? '';
      const answer = await firstAnswer(url, { headers: { Authorization: 'Bearer junk' } });
      assert.equal(answer.status, shown);
      const forged = new URL(url);
      forged.searchParams.set('sig', 'A'.repeat(43));
      await api.refused('signature-invalid', `${presetOf(image_id)}${forged.search}`);
    });

    it('lasts for READ_URL_SECONDS at least, and is the same for everyone within them', async () => {
      const { image_id, user_id, renditions } = await upload();
      const urls = Object.values(renditions ?? {});
      const expiries = new Set(urls.map((url) => new URL(url).searchParams.get('exp')));
      assert.equal(expiries.size, 1);
      const [exp] = expiries;
      const left = Number(exp) - Date.now() / 1000;
      assert.ok(left >= DAY_SECONDS - 5, `${left} s`);
      const listed = await api.ask<Page>(`/images?user_id=${user_id}`);
      const again = await api.metadata(image_id);
      const isSameWindow = new URL(again.renditions?.['thumb'] ?? '').searchParams.get('exp') === exp;
      if (!isSameWindow) return;
      for (const one of [again, ...listed.images]) assert.deepEqual(one.renditions, renditions);
    });

    it('may be cached for a day at most, and by a shared cache', {
      skip: !isStreamed && 'the store sends the bytes',
    }, async () => {
      const { renditions } = await upload();
      const answer = await firstAnswer(renditions?.['thumb'] ?? '');
      assert.equal(answer.headers.get('cache-control'), `public, max-age=${DAY_SECONDS}`);
    });

    it('makes the JSON one for its caller: private, no-cache, and Vary has Authorization and Origin', async () => {
      const { image_id } = await upload();
      for (const path of [`/images/${image_id}/metadata`, '/images?limit=1']) {
        const answer = await api.send(path);
        await answer.arrayBuffer();
        assert.equal(answer.headers.get('cache-control'), 'private, no-cache', path);
        const varies = answer.headers.get('vary') ?? '';
        for (const name of ['Authorization', 'Origin']) assert.match(varies, new RegExp(name, 'i'), path);
      }
      const { revision } = await api.metadata(image_id);
      const change = json({ description: 'x' }, { 'If-Match': `"${revision}"` }, 'PATCH');
      assert.equal((await api.ask<Image>(`/images/${image_id}`, change)).description, 'x');
    });
  });

  describe('With authentication, the answer', { skip: api.isOpen && 'the service is open' }, () => {
    it('with a preset by credential is private, no-cache', {
      skip: !isStreamed && 'the store sends the bytes',
    }, async () => {
      for (const { image_id } of [await upload(), await publicImage()]) {
        const answer = await api.send(presetOf(image_id), { redirect: 'manual' });
        await answer.arrayBuffer();
        assert.equal(answer.headers.get('cache-control'), 'private, no-cache');
      }
    });

    it('401, 403 and those about keys and tokens are kept by no cache', async () => {
      const { image_id, renditions } = await upload();
      const forged = new URL(renditions?.['thumb'] ?? '');
      forged.searchParams.set('sig', 'A'.repeat(43));
      for (const answer of [
        await firstAnswer('/images'),
        await firstAnswer(presetOf(image_id)),
        await firstAnswer(forged.href),
        await api.send('/keys'),
        await api.send('/upload-tokens', json({ user_id: newUser() })),
        await api.send('/upload-tokens', json({ user_id: 7 })),
      ]) {
        await answer.arrayBuffer();
        assert.match(answer.headers.get('cache-control') ?? '', /\bno-store\b/, `${answer.url}: ${answer.status}`);
      }
    });
  });
};
