import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import type { Grant, Image } from '../answers.ts';
import { type Api, bodyOf, json, newUser, put, putGood } from '../api.ts';
import { GRANT_FORMS } from '../forms.ts';
import { type Bytes, HTML, picture, pictureOfSize } from '../pictures.ts';
import { requireRefused, storeAnswer } from '../store-answer.ts';

const sha256 = (bytes: Bytes, encoding: 'hex' | 'base64' = 'hex') =>
  createHash('sha256').update(bytes).digest(encoding);

const requireServed = async (api: Api, id: string, bytes: Bytes): Promise<void> =>
  assert.deepEqual(await bodyOf(await api.send(`/images/${id}`)), bytes);

/** The image is still pending, so the store accepted no bytes. */
const requirePending = async (api: Api, id: string): Promise<void> =>
  assert.equal((await api.metadata(id)).status, 'pending');

/** The URL without its signature. */
const requirePrivate = async (api: Api, url: string): Promise<void> =>
  requireRefused(await storeAnswer(api.send(changed(url, (bare) => (bare.search = '')))), url);

const changed = (url: string, change: (url: URL) => void): string => {
  const copy = new URL(url);
  change(copy);
  return copy.href;
};

const without = (grant: Grant, header: string): Grant => ({
  ...grant,
  headers: Object.fromEntries(Object.entries(grant.headers).filter(([name]) => name !== header)),
});

export const describeGrants = (api: Api): void => {
  describe('Grants', () => {
    for (const [form, sending] of Object.entries(GRANT_FORMS)) {
      it(`${form}: the response is {image_id, upload_url, method, headers, expires_at, max_size, status: "pending"}`, async () => {
        const grant = await api.ask<Grant>(...sending({ user: newUser() }));
        assert.match(grant.image_id, /^[0-9a-f-]{36}$/);
        assert.match(grant.upload_url, /^https?:\/\//);
        assert.equal(grant.method, 'PUT');
        assert.deepEqual(grant.headers, { 'Content-Type': 'image/png' });
        assert.equal(grant.max_size, api.limits.max_upload_bytes);
        assert.equal(grant.status, 'pending');
      });

      it(`${form}: after a PUT with the granted headers, the list contains the image with the fields of the grant`, async () => {
        const said = { filename: 'é.png', tags: ['a', 'b'], description: 'd', metadata: { camera: 'x' } };
        const user = newUser();
        const grant = await api.ask<Grant>(...sending({ user, ...said }));
        const bytes = await picture();
        await putGood(grant, bytes);
        const [image] = (await api.listOf({ user_id: user, tag: 'a' }, [grant.image_id])).images;
        const { filename, tags, description, metadata } = image ?? ({} as Image);
        assert.deepEqual({ filename, tags, description, metadata }, said);
        assert.equal(image?.sha256, sha256(bytes));
        await requireServed(api, grant.image_id, bytes);
      });
    }

    it('a grant by query is for image/jpeg by default', async () => {
      const grant = await api.ask<Grant>(`/images/upload?user_id=${newUser()}`, { method: 'POST' });
      assert.deepEqual(grant.headers, { 'Content-Type': 'image/jpeg' });
      await putGood(grant, await picture({ type: 'image/jpeg' }));
      assert.equal((await api.metadata(grant.image_id)).content_type, 'image/jpeg');
    });

    it('a grant by query may have an empty form body, as curl -d sends it', async () => {
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
      const init = { method: 'POST', headers, body: '' };
      assert.equal((await api.ask<Grant>(`/images/upload?user_id=${newUser()}`, init)).status, 'pending');
    });

    for (const [user, filename] of [
      [`../${newUser()}/..`, '../../x.png'],
      [`${newUser()}%2f#?&=+ é🌅`, '..'],
      [`.${newUser()}`, '🌅'.repeat(255)],
    ] as const) {
      it(`special characters are preserved: ${JSON.stringify(user.replace(/acceptance-[-0-9a-f]+/, 'USER'))}`, async () => {
        const grant = await api.grant({ user_id: user, filename });
        const bytes = await picture();
        await putGood(grant, bytes);
        await requireServed(api, grant.image_id, bytes);
        const image = await api.metadata(grant.image_id);
        assert.deepEqual([image.user_id, image.filename], [user, filename]);
        const { download_url } = await api.ask<{ download_url: string }>(`/images/${grant.image_id}/download`);
        assert.deepEqual(await bodyOf(await api.send(download_url)), bytes);
        await api.listOf({ user_id: user }, [grant.image_id]);
      });
    }

    it('a PUT with another Content-Type is refused', async () => {
      const grant = await api.grant({ user_id: newUser() });
      requireRefused(await put(grant, await picture(), { 'Content-Type': 'image/jpeg' }));
      await requirePending(api, grant.image_id);
    });

    it('image/jpg counts as JPEG and is signed as given', async () => {
      const grant = await api.grant({ user_id: newUser(), content_type: 'image/jpg' });
      assert.deepEqual(grant.headers, { 'Content-Type': 'image/jpg' });
      await putGood(grant, await picture({ type: 'image/jpeg' }));
      assert.equal((await api.metadata(grant.image_id)).content_type, 'image/jpeg');
    });

    it('an upload URL with a changed key, expiry or signature, or with another method, is refused', async () => {
      const grant = await api.grant({ user_id: newUser() });
      const other = await api.grant({ user_id: newUser() });
      const signature = (url: URL) => url.searchParams.set('X-Amz-Signature', '0'.repeat(64));
      const body = await picture();
      for (const change of [
        signature,
        (url: URL) => (url.pathname = new URL(other.upload_url).pathname),
        (url: URL) => url.searchParams.set('X-Amz-Expires', '604800'),
        (url: URL) => url.searchParams.delete('X-Amz-Signature'),
      ]) {
        const status = await put({ ...grant, upload_url: changed(grant.upload_url, change) }, body);
        assert.ok(status === 'cut off' || (status >= 400 && status < 500), `the PUT was answered ${status}`);
      }
      for (const method of ['GET', 'DELETE', 'POST']) {
        const response = await api.send(grant.upload_url, { method, headers: grant.headers });
        await response.arrayBuffer();
        assert.ok(response.status >= 400 && response.status < 500, `${method} was answered ${response.status}`);
      }
      for (const { image_id } of [grant, other]) await requirePending(api, image_id);
    });

    it('a PUT with an unsigned x-amz header is refused', async (test) => {
      if (api.lacks('header-signing')) return test.skip('this store accepts unsigned headers');
      const grant = await api.grant({ user_id: newUser() });
      for (const header of ['x-amz-acl', 'x-amz-meta-author', 'x-amz-tagging']) {
        requireRefused(await put(grant, await picture(), { [header]: 'public-read' }), header);
      }
      await requirePending(api, grant.image_id);
    });

    it('an unsigned x-amz header does not make the object public, and is not stored', async () => {
      for (const header of ['x-amz-acl', 'x-amz-meta-author', 'x-amz-tagging']) {
        const grant = await api.grant({ user_id: newUser() });
        const bytes = await picture();
        await put(grant, bytes, { [header]: 'public-read' });
        await requirePrivate(api, grant.upload_url);
        if ((await api.metadata(grant.image_id)).status !== 'ready') await putGood(grant, bytes);
        await requireServed(api, grant.image_id, bytes);
        const { download_url } = await api.ask<{ download_url: string }>(`/images/${grant.image_id}/download`);
        await requirePrivate(api, download_url);
        assert.equal((await api.send(download_url)).headers.get('x-amz-meta-author'), null);
      }
    });

    it('a PUT with a wrong Content-MD5 is refused, and with the right one accepted', async () => {
      const grant = await api.grant({ user_id: newUser() });
      const bytes = await picture();
      const md5 = (of: Bytes) => ({ 'Content-MD5': createHash('md5').update(of).digest('base64') });
      requireRefused(await put(grant, bytes, md5(await picture())));
      await requirePending(api, grant.image_id);
      await putGood({ ...grant, headers: { ...grant.headers, ...md5(bytes) } }, bytes);
      await requireServed(api, grant.image_id, bytes);
    });

    it('a PUT without Content-Length is refused', async () => {
      const grant = await api.grant({ user_id: newUser() });
      const body = new Blob([await picture()]).stream();
      const init: RequestInit = { method: 'PUT', headers: grant.headers, body, duplex: 'half' };
      const response = await api.send(grant.upload_url, init);
      await response.arrayBuffer();
      assert.ok(response.status >= 400, `the PUT was answered ${response.status}`);
      await requirePending(api, grant.image_id);
    });

    it('expires_at is when the URL expires, at most presigned_seconds from now', async () => {
      const before = Date.now();
      const { upload_url, expires_at } = await api.grant({ user_id: newUser() });
      const query = new URL(upload_url).searchParams;
      const signedAt = (query.get('X-Amz-Date') ?? '').replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5');
      const ends = Date.parse(signedAt) + Number(query.get('X-Amz-Expires')) * 1_000;
      assert.equal(expires_at, new Date(ends).toISOString());
      // The service's clock may differ; session credentials may end a URL sooner.
      assert.ok(ends <= before + (api.limits.presigned_seconds + 60) * 1_000, expires_at);
      assert.ok(ends > before - 60_000, expires_at);
    });

    it('a grant with size accepts exactly that length', async () => {
      const bytes = await picture();
      const grant = await api.grant({ user_id: newUser(), size: bytes.length });
      assert.deepEqual(grant.headers, { 'Content-Type': 'image/png', 'Content-Length': String(bytes.length) });
      const bare = { ...grant, headers: { 'Content-Type': 'image/png' } };
      for (const other of [await pictureOfSize(bytes.length + 100), bytes.subarray(0, -1)]) {
        requireRefused(await put(bare, other));
      }
      await requirePending(api, grant.image_id);
      await putGood(grant, bytes);
      await requireServed(api, grant.image_id, bytes);
    });

    for (const encoding of ['hex', 'base64'] as const) {
      it(`a grant with sha256 (${encoding}) signs the checksum and If-None-Match: *`, async () => {
        const bytes = await picture();
        const grant = await api.grant({ user_id: newUser(), sha256: sha256(bytes, encoding) });
        const checksum = { 'x-amz-checksum-sha256': sha256(bytes, 'base64') };
        const once = { 'If-None-Match': '*' };
        const signed = { ...(!api.lacks('checksums') && checksum), ...(!api.lacks('conditional-writes') && once) };
        assert.deepEqual(grant.headers, { 'Content-Type': 'image/png', ...signed });
        if (!api.lacks('checksums')) {
          const other = await picture();
          requireRefused(await put(grant, other, { 'x-amz-checksum-sha256': sha256(other, 'base64') }));
        }
        for (const missing of Object.keys(signed)) {
          requireRefused(await put(without(grant, missing), bytes), `a PUT without ${missing}`);
        }
        await requirePending(api, grant.image_id);
        await putGood(grant, bytes);
        assert.equal((await api.metadata(grant.image_id)).sha256, sha256(bytes));
      });
    }

    it('bytes with another sha256 than the granted one are refused by the store or by finalize, and never served', async () => {
      const grant = await api.grant({ user_id: newUser(), sha256: sha256(await picture()) });
      await put(grant, await picture());
      const isTaken = api.lacks('checksums');
      const complete = `/images/${grant.image_id}/complete`;
      await api.refused(isTaken ? 'content-mismatch' : 'upload-missing', complete, { method: 'POST' });
      assert.equal((await api.metadata(grant.image_id)).status, isTaken ? 'rejected' : 'pending');
      await api.refused('image-not-ready', `/images/${grant.image_id}`);
    });

    it('size must be 1 to max_upload_bytes, sha256 must be 32 bytes in hex or base64, and method must be PUT or POST', async () => {
      const { max_upload_bytes } = api.limits;
      const user_id = newUser();
      const digest = sha256(await picture());
      for (const fields of [
        { size: 1 },
        { size: max_upload_bytes },
        { sha256: digest.toUpperCase() },
        { method: 'PUT' },
      ]) {
        assert.equal((await api.grant({ user_id, ...fields })).status, 'pending', JSON.stringify(fields));
      }
      for (const [field, values] of Object.entries({
        size: [0, -1, 1.5, '5', {}],
        sha256: ['', 'x', digest.slice(1), `${digest}0`, 7, Buffer.alloc(31).toString('base64')],
        method: ['GET', 'post', '', 7],
      })) {
        for (const value of values) {
          const init = json({ user_id, content_type: 'image/png', [field]: value });
          await api.refused('invalid-request', '/images/upload', init, field);
        }
      }
      const tooLarge = json({ user_id, content_type: 'image/png', size: max_upload_bytes + 1 });
      const response = await api.send('/images/upload', tooLarge);
      assert.equal(response.status, 400);
      assert.match(await response.text(), /size/);
    });

    it('a presigned PUT of max_upload_bytes is accepted, and one byte more refused', { timeout: 300_000 }, async () => {
      const { max_upload_bytes } = api.limits;
      const user_id = newUser();
      const [grant, past] = [await api.grant({ user_id }), await api.grant({ user_id })];
      await putGood(grant, await pictureOfSize(max_upload_bytes));
      assert.equal((await api.metadata(grant.image_id)).size, max_upload_bytes);
      // The store may refuse it, or accept it and leave the refusal to finalize.
      await put(past, await pictureOfSize(max_upload_bytes + 1));
      const completed = await api.send(`/images/${past.image_id}/complete`, { method: 'POST' });
      const { code } = (await completed.json()) as { code: string };
      assert.ok(['upload-too-large', 'upload-missing'].includes(code), code);
      assert.notEqual((await api.metadata(past.image_id)).status, 'ready');
    });

    it('a second PUT to a used URL does not change the image', async () => {
      const grant = await api.grant({ user_id: newUser() });
      const bytes = await picture();
      await putGood(grant, bytes);
      assert.equal((await api.metadata(grant.image_id)).status, 'ready');
      for (const other of [await picture(), HTML]) await put(grant, other);
      await (await api.send(`/images/${grant.image_id}/complete`, { method: 'POST' })).arrayBuffer();
      await requireServed(api, grant.image_id, bytes);
      assert.equal((await api.metadata(grant.image_id)).sha256, sha256(bytes));
    });

    it('concurrent PUTs to one URL make one image with the bytes of one PUT', async () => {
      const grant = await api.grant({ user_id: newUser() });
      const bodies = await Promise.all(Array.from({ length: 6 }, () => picture()));
      await Promise.all(bodies.map((body) => put(grant, body)));
      const { sha256: served } = await api.metadata(grant.image_id);
      const winner = bodies.find((body) => sha256(body) === served);
      assert.ok(winner, `${served} is none of the bodies`);
      await requireServed(api, grant.image_id, winner);
    });
  });
};
