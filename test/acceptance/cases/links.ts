import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Image, ShareLink, ShareLinks } from '../answers.ts';
import { type Api, bodyOf, json, newUser, requireProblem } from '../api.ts';
import { picture } from '../pictures.ts';
import { see } from '../seen.ts';

const POST: RequestInit = { method: 'POST' };
const DELETE: RequestInit = { method: 'DELETE' };
const MAX_LINKS = 50;
const WEEK_SECONDS = 604_800;
const YEAR_SECONDS = 31_536_000;

/** A page of a foreign site that shows an image. */
const ON_A_FOREIGN_PAGE = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' };

/** Share links: who makes, lists and opens them, and how they end. */
export const describeLinks = (api: Api): void => {
  const upload = async (): Promise<Image> => api.upload(newUser(), await picture({ width: 400, height: 300 }));
  const linkTo = (id: string, fields: object = { what: 'original' }): Promise<ShareLink> =>
    api.ask(`/images/${id}/links`, json(fields));
  const linksOf = (id: string): Promise<ShareLinks> => api.ask(`/images/${id}/links`);
  /** The service's own answer to somebody who has the URL and no credential. */
  const open = (url: string, init: RequestInit = {}): Promise<Response> =>
    api.anonymously(url, { redirect: 'manual', ...init });
  const refused = async (code: Parameters<typeof requireProblem>[1], url: string): Promise<void> => {
    await requireProblem(await open(url), code);
  };
  const isStreamed = api.bytes === 'stream';

  describe('A link', () => {
    it('is made with {what, preset, expires_in}: 201 {link_id, url, page_url, what, preset, …}, for a week', async () => {
      const { image_id } = await upload();
      const answer = await api.send(`/images/${image_id}/links`, json({ what: 'original' }));
      assert.equal(answer.status, 201);
      const link = (await answer.json()) as ShareLink;
      const fields = ['created_at', 'expires_at', 'link_id', 'page_url', 'preset', 'url', 'what'];
      assert.deepEqual(Object.keys(link).toSorted(), fields);
      assert.deepEqual([link.what, link.preset], ['original', null]);
      const seconds = (Date.parse(link.expires_at) - Date.parse(link.created_at)) / 1000;
      assert.ok(Math.abs(seconds - WEEK_SECONDS) <= 1, `${seconds} s`);
      const { pathname, searchParams } = new URL(link.url);
      assert.equal(pathname, `/images/${image_id}/links/${link.link_id}`);
      assert.deepEqual([...searchParams.keys()], ['exp', 'kid', 'sig']);
      const page = await fetch(link.page_url, { headers: { Accept: 'text/html' } });
      assert.deepEqual([page.status, page.headers.get('content-type')], [200, 'text/html; charset=utf-8']);
      assert.ok((await page.text()).includes(`/images/${image_id}/links/${link.link_id}?`));

      const preset = await linkTo(image_id, { what: 'preset', preset: 'thumb', expires_in: 60 });
      assert.deepEqual([preset.what, preset.preset], ['preset', 'thumb']);
      const minute = (Date.parse(preset.expires_at) - Date.parse(preset.created_at)) / 1000;
      assert.ok(Math.abs(minute - 60) <= 1, `${minute} s`);
    });

    it('to the original opens its bytes for anyone, whole and in ranges', async () => {
      const bytes = await picture();
      const { image_id } = await api.upload(newUser(), bytes);
      const { url } = await linkTo(image_id);
      assert.deepEqual(await bodyOf(await api.anonymously(url)), bytes);
      const part = await api.anonymously(url, { headers: { Range: 'bytes=5-9' } });
      assert.equal(part.status, 206);
      assert.deepEqual(await bodyOf(part), bytes.slice(5, 10));
      const head = await open(url, { method: 'HEAD' });
      assert.deepEqual([head.status, head.headers.get('content-length')], [200, String(bytes.length)]);
    });

    it('to a preset opens that rendition and nothing else', async () => {
      const { image_id } = await upload();
      const { url } = await linkTo(image_id, { what: 'preset', preset: 'thumb' });
      const bytes = await bodyOf(await api.anonymously(url));
      assert.deepEqual(bytes, await api.read(`/images/${image_id}/renditions/thumb`));
      assert.ok((await see(bytes)).width < 400);
    });

    it('with download=true is an attachment, and otherwise shown inline', async () => {
      const { image_id } = await api.upload(newUser(), await picture(), { filename: 'mine.png' });
      for (const fields of [{ what: 'original' }, { what: 'preset', preset: 'thumb' }]) {
        const { url } = await linkTo(image_id, fields);
        const dispositionOf = async (one: string): Promise<string> => {
          const answer = await api.anonymously(one);
          await answer.arrayBuffer();
          assert.equal(answer.status, 200);
          return answer.headers.get('content-disposition') ?? '';
        };
        assert.match(await dispositionOf(`${url}&download=true`), /^attachment;.*mine/);
        assert.match(await dispositionOf(url), /^inline\b/);
      }
    });

    it('needs known fields with valid values', async () => {
      const { image_id } = await upload();
      const refuse = (fields: object, field?: string) =>
        api.refused('invalid-request', `/images/${image_id}/links`, json(fields), field);
      for (const what of [undefined, 'render', 7]) await refuse({ what }, 'what');
      await refuse({ what: 'preset' }, 'preset');
      await refuse({ what: 'original', preset: 'thumb' }, 'preset');
      for (const expires_in of [59, YEAR_SECONDS + 1, 60.5, '60'])
        await refuse({ what: 'original', expires_in }, 'expires_in');
      await refuse({ what: 'original', colour: 'red' });
      const unknown = json({ what: 'preset', preset: 'nothing' });
      await api.refused('unknown-preset', `/images/${image_id}/links`, unknown);
      assert.equal((await linkTo(image_id, { what: 'original', expires_in: YEAR_SECONDS })).what, 'original');
    });

    it('is listed until it is revoked, the oldest first: {count, links}', async () => {
      const { image_id } = await upload();
      assert.deepEqual(await linksOf(image_id), { count: 0, links: [] });
      const [one, two] = [await linkTo(image_id), await linkTo(image_id, { what: 'preset', preset: 'thumb' })];
      assert.deepEqual(await linksOf(image_id), { count: 2, links: [one, two] });
      await api.ask(`/images/${image_id}/links/${one.link_id}`, DELETE);
      assert.deepEqual(await linksOf(image_id), { count: 1, links: [two] });
    });

    it('leaves the JSON of its image unchanged', async () => {
      const { image_id } = await upload();
      const { revision, updated_at } = await api.metadata(image_id);
      const { link_id } = await linkTo(image_id);
      const image = await api.metadata(image_id);
      assert.deepEqual([image.revision, image.updated_at], [revision, updated_at]);
      assert.ok(!JSON.stringify(image).includes(link_id));
    });

    it('is the last one of 50: one more is 409 too-many-links until one is revoked', async () => {
      const { image_id } = await upload();
      const links: ShareLink[] = [];
      for (let made = 0; made < MAX_LINKS; made += 1) links.push(await linkTo(image_id));
      await api.refused('too-many-links', `/images/${image_id}/links`, json({ what: 'original' }));
      await api.ask(`/images/${image_id}/links/${links[0]?.link_id}`, DELETE);
      await linkTo(image_id);
      assert.equal((await linksOf(image_id)).count, MAX_LINKS);
    });

    it('that is revoked answers {link_id, status: "revoked"}, then 404, and others still open', async () => {
      const { image_id } = await upload();
      const [one, other] = [await linkTo(image_id), await linkTo(image_id)];
      const path = `/images/${image_id}/links/${one.link_id}`;
      assert.deepEqual(await api.ask(path, DELETE), { link_id: one.link_id, status: 'revoked' });
      await refused('link-not-found', one.url);
      await api.refused('link-not-found', path, DELETE);
      assert.equal((await api.anonymously(other.url)).status, 200);
    });

    it('is signed: with any other image, link or expiry it opens nothing', async () => {
      const [one, other] = [await upload(), await upload()];
      const [link, second, foreign] = [
        await linkTo(one.image_id),
        await linkTo(one.image_id),
        await linkTo(other.image_id),
      ];
      const query = link.url.slice(link.url.indexOf('?'));
      await refused('signature-invalid', link.url.replace(one.image_id, other.image_id));
      await refused('signature-invalid', link.url.replace(/\?.*/, '?exp=9999999999&kid=00000000&sig=x'));
      for (const { url } of [second, foreign]) await refused('signature-invalid', url.replace(/\?.*/, query));
      const changed = new URL(link.url);
      changed.searchParams.set('exp', String(Number(changed.searchParams.get('exp')) + 1));
      await refused('signature-invalid', changed.href);
      await refused('signature-invalid', link.url.replace(/\?.*/, ''));
      for (const path of ['', '/original', '/metadata', '/renditions/thumb', '/links']) {
        if (api.isOpen) continue; // everyone may read
        const answer = await api.anonymously(`/images/${one.image_id}${path}${query}`);
        assert.ok([400, 401, 403].includes(answer.status), `${path}: ${answer.status}`);
      }
    });

    it('is of a ready image: 409 for one that is pending, and the same refusal as an absent one for its holders', async () => {
      const { image_id } = await api.grant({ user_id: newUser() });
      await api.refused('image-not-ready', `/images/${image_id}/links`, json({ what: 'original' }));
      const { url } = await linkTo((await upload()).image_id);
      const bodyFor = async (id: string): Promise<object> => {
        const { request_id: _, ...problem } = await requireProblem(
          await open(url.replace(/[\w-]{36}/, id)),
          'signature-invalid',
        );
        return problem;
      };
      assert.deepEqual(await bodyFor(image_id), await bodyFor(crypto.randomUUID()));
    });

    it('of an image in the trash is 404 until the image is restored, and so is their list', {
      skip: api.trashDays === 0 && 'there is no trash',
    }, async () => {
      const { image_id } = await upload();
      const { url } = await linkTo(image_id);
      await api.ask(`/images/${image_id}/trash`, POST);
      await refused('link-not-found', url);
      await api.refused('image-not-found', `/images/${image_id}/links`);
      await api.ask(`/images/${image_id}/restore`, POST);
      assert.equal((await api.anonymously(url)).status, 200);
    });

    it('of a deleted image is 404', async () => {
      const { image_id } = await upload();
      const { url } = await linkTo(image_id);
      await api.ask(`/images/${image_id}`, DELETE);
      await refused('link-not-found', url);
    });

    it("can't be made, listed or revoked by another user", async () => {
      const { image_id } = await upload();
      const { link_id } = await linkTo(image_id);
      const headers = { 'X-User-Id': newUser() };
      const path = `/images/${image_id}/links`;
      await api.refused(api.notOwner, path, json({ what: 'original' }, headers));
      await api.refused(api.notOwner, `${path}/${link_id}`, { ...DELETE, headers });
      await api.refused(api.notOwner, `/images/${image_id}/revoke-links`, { ...POST, headers });
      if (!api.isOpen) await api.refused('image-not-found', path, { headers });
      assert.equal((await linksOf(image_id)).count, 1);
    });

    it('opens on pages of any origin, without a referrer', async () => {
      const { image_id } = await upload();
      for (const fields of [{ what: 'original' }, { what: 'preset', preset: 'thumb' }]) {
        const { url } = await linkTo(image_id, fields);
        const answer = await open(url, { headers: ON_A_FOREIGN_PAGE });
        await answer.arrayBuffer();
        assert.equal(answer.status, isStreamed ? 200 : 302);
        assert.equal(answer.headers.get('cross-origin-resource-policy'), 'cross-origin');
        assert.equal(answer.headers.get('referrer-policy'), 'no-referrer');
      }
    });

    it('may be cached for a day, and not after it expires; a redirect by nobody, to a URL of 60 s', async () => {
      const { image_id } = await upload();
      for (const [expires_in, most] of [
        [60, 61],
        [WEEK_SECONDS, 86_400],
      ] as const)
        for (const fields of [{ what: 'original' }, { what: 'preset', preset: 'thumb' }]) {
          const answer = await open((await linkTo(image_id, { ...fields, expires_in })).url);
          await answer.arrayBuffer();
          const cacheControl = answer.headers.get('cache-control') ?? '';
          if (isStreamed) {
            const seconds = Number(/^public, max-age=(\d+)$/.exec(cacheControl)?.[1] ?? Number.NaN);
            assert.ok(seconds <= most && seconds > most - 50, cacheControl);
          } else {
            assert.equal(cacheControl, 'private, no-store');
            const { searchParams } = new URL(answer.headers.get('location') ?? '');
            assert.ok(
              Number(searchParams.get('X-Amz-Expires') ?? Number.NaN) <= 60,
              searchParams.get('X-Amz-Expires') ?? '',
            );
          }
        }
    });
  });

  describe('POST /images/{id}/revoke-links', () => {
    it('answers {image_id, revoked_at} and ends every signed URL of the image at once', async () => {
      const { image_id, renditions } = await upload();
      const links = [await linkTo(image_id), await linkTo(image_id, { what: 'preset', preset: 'thumb' })];
      const render = await api.link(image_id, { w: 10 });
      const revoked = await api.ask<{ image_id: string; revoked_at: string }>(`/images/${image_id}/revoke-links`, POST);
      assert.deepEqual(Object.keys(revoked).toSorted(), ['image_id', 'revoked_at']);
      assert.equal(revoked.image_id, image_id);
      assert.match(revoked.revoked_at, /^\d{4}-.*Z$/);
      for (const { url } of links) await refused('link-not-found', url);
      await refused('signature-invalid', render.url);
      if (!api.isOpen) await refused('signature-invalid', renditions?.['thumb'] ?? '');
      assert.deepEqual(await linksOf(image_id), { count: 0, links: [] });
    });

    it('leaves URLs that are signed afterwards, and those of other images', async () => {
      const [one, other] = [await upload(), await upload()];
      const foreign = await linkTo(other.image_id);
      await api.ask(`/images/${one.image_id}/revoke-links`, POST);
      const { url } = await api.link(one.image_id, { w: 10 });
      const { renditions } = await api.metadata(one.image_id);
      for (const opened of [url, renditions?.['thumb'] ?? '', (await linkTo(one.image_id)).url, foreign.url])
        assert.equal((await api.anonymously(opened)).status, 200, opened);
    });

    it('raises the epoch of URLs: new ones have it and open, and no epoch opens a former one again', async () => {
      const { image_id, renditions } = await upload();
      const former = [(await linkTo(image_id)).url, ...(api.isOpen ? [] : [renditions?.['thumb'] ?? ''])];
      for (const epoch of ['1', '2']) {
        await api.ask(`/images/${image_id}/revoke-links`, POST);
        const image = await api.metadata(image_id);
        const presets = api.isOpen ? [] : Object.values(image.renditions ?? {}); // those of an open service are not signed
        const links = [await linkTo(image_id), await linkTo(image_id, { what: 'preset', preset: 'thumb' })];
        for (const url of [...presets, ...links.map((link) => link.url)]) {
          assert.equal(new URL(url).searchParams.get('epoch'), epoch, url);
          assert.equal((await api.anonymously(url)).status, 200, url);
        }
        for (const url of former) {
          const raised = new URL(url);
          raised.searchParams.set('epoch', epoch);
          await refused('signature-invalid', raised.href);
          await refused(url.includes('/links/') ? 'link-not-found' : 'signature-invalid', url);
        }
        const [link = assert.fail(), preset] = [links[0]?.url, presets[0]];
        for (const other of ['1', '2', '3'].filter((one) => one !== epoch))
          for (const url of [link, ...(preset === undefined ? [] : [preset])])
            await refused('signature-invalid', url.replace(`epoch=${epoch}`, `epoch=${other}`));
        former.push(...(preset === undefined ? [link] : [link, preset]));
      }
    });

    it('works on every image that exists: 404 for others', async () => {
      const { image_id } = await api.grant({ user_id: newUser() });
      await api.ask(`/images/${image_id}/revoke-links`, POST);
      await api.refused('image-not-found', `/images/${crypto.randomUUID()}/revoke-links`, POST);
    });
  });
};
