import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type RenderLink, STORE_RULES } from '../answers.ts';
import { type Api, json, newUser } from '../api.ts';
import { picture, TYPES } from '../pictures.ts';

interface ImageType {
  readonly content_type: string;
  readonly extensions: readonly string[];
  readonly max_pixels: number;
}

export const describeServiceItself = (api: Api): void => {
  describe('The service', () => {
    it('answers GET / with {"status": "running", "version", "limits", "bytes", "decoders"} as JSON', async () => {
      const index = await api.ask<{ status: string; version: string; bytes: string; decoders: string }>('/');
      assert.equal(index.status, 'running');
      assert.match(index.version, /^\d+\.\d+\.\d+/);
      assert.ok(index.bytes === 'stream' || index.bytes === 'redirect', index.bytes);
      assert.ok(['landlock', 'namespaces', 'unconfined'].includes(index.decoders), index.decoders);
      const { max_upload_bytes, max_direct_upload_bytes, presigned_seconds } = api.limits;
      for (const limit of [max_upload_bytes, max_direct_upload_bytes, presigned_seconds]) {
        assert.ok(Number.isInteger(limit) && limit > 0, JSON.stringify(api.limits));
      }
    });

    it('names on GET / the types of images that it accepts, which are those that a refusal of another type names', async () => {
      const { image_types: told } = await api.ask<{ image_types: ImageType[] }>('/');
      const types = told.map(({ content_type }) => content_type);
      for (const type of TYPES) assert.ok(types.includes(type), `${type} in ${types}`);
      for (const { content_type, extensions, max_pixels } of told) {
        assert.match(content_type, /^image\/[a-z+]+$/);
        assert.ok(extensions.length > 0 && extensions.every((one) => /^[a-z]{2,5}$/.test(one)), `${extensions}`);
        assert.ok(Number.isInteger(max_pixels) && max_pixels >= 1_000_000, `${max_pixels}`);
      }
      const another = json({ user_id: newUser(), content_type: 'image/bmp' });
      const { params } = await api.refused('unsupported-type', '/uploads', another);
      assert.deepEqual(params?.['formats'], types);
    });

    it('lists on GET / the rules that its store lacks; the built-in store lacks none', async () => {
      const { store } = await api.ask<{ store: { lacks: string[] } }>('/');
      for (const one of store.lacks)
        assert.ok(
          STORE_RULES.some((rule) => rule === one),
          one,
        );
      const { upload_url } = await api.grant({ user_id: newUser() });
      if (new URL(upload_url).origin === new URL(api.base).origin) assert.deepEqual(store.lacks, []);
    });

    it('answers GET / with a page if the client accepts HTML', async () => {
      const page = await api.send('/', { headers: { Accept: 'text/html' } });
      assert.equal(page.status, 200);
      assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
      assert.match(await page.text(), /<html/);
    });

    it('serves the files of that page to everybody, for ever, and the page may load no script of another origin', async () => {
      const page = await api.anonymously('/', { headers: { Accept: 'text/html' } });
      assert.match(page.headers.get('content-security-policy') ?? '', /^default-src 'none'; script-src 'self';/);
      const paths = [...(await page.text()).matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
      assert.ok(paths.some((path) => path.endsWith('.js')) && paths.some((path) => path.endsWith('.css')), `${paths}`);
      for (const path of paths) {
        const file = await api.anonymously(path, { headers: { 'Accept-Encoding': 'gzip' } });
        const type = path.endsWith('.js') ? 'text/javascript; charset=utf-8' : 'text/css; charset=utf-8';
        assert.deepEqual(
          ['content-type', 'cache-control', 'content-encoding'].map((name) => file.headers.get(name)),
          [type, 'public, max-age=31536000, immutable', 'gzip'],
        );
        assert.match(await file.text(), /^[\x20-\x7e\s]/, 'fetch has unpacked it');
      }
    });

    it('compresses no answer that may hold a secret beside the text of others', async () => {
      for (const path of ['/images?limit=1', '/images?limit=0', '/images?filename=echoed']) {
        const answer = await api.send(path, { headers: { 'Accept-Encoding': 'gzip, br, deflate' } });
        assert.equal(answer.headers.get('content-encoding'), null, path);
      }
    });

    it('answers GET /health with {"status":"ok"}', async () => {
      assert.equal((await api.ask<{ status: string }>('/health')).status, 'ok');
    });

    it('has no metrics at its address, with or without a credential', async () => {
      for (const method of ['GET', 'POST'])
        for (const answer of [await api.send('/metrics', { method }), await api.anonymously('/metrics', { method })])
          assert.equal(answer.status, 404, method);
    });

    it('answers GET /readyz with "ok", or with "degraded" and the failing parts', async () => {
      const { status, parts } = await api.ask<{ status: string; parts?: string[] }>('/readyz');
      assert.equal(status, parts === undefined ? 'ok' : 'degraded');
      for (const part of parts ?? []) assert.match(part, /^(records|objects)$/);
    });

    it('believes no client about the scheme and host of a URL; without authentication it may refuse', async () => {
      const id = (await api.upload(newUser(), await picture())).image_id;
      const { origin } = new URL((await api.link(id, { w: 8 })).url);
      const other = origin.startsWith('https:') ? 'http' : 'https';
      for (const headers of [
        { 'X-Forwarded-For': '192.0.2.1', 'X-Forwarded-Host': 'stranger.example' },
        { 'X-Forwarded-For': '192.0.2.1', 'X-Forwarded-Proto': other },
        { Forwarded: `for=192.0.2.1;proto=${other};host=stranger.example` },
      ]) {
        const response = await api.send(`/images/${id}/render-url`, json({ w: 8 }, headers));
        const answer = await response.text();
        assert.ok(response.status === 200 || (api.isOpen && response.status === 403), answer);
        assert.ok(!answer.includes('stranger'), answer);
        if (response.ok) assert.equal(new URL((JSON.parse(answer) as RenderLink).url).origin, origin);
      }
    });

    it('sends Cache-Control: private, no-cache with JSON, and no-store with JSON that has a presigned URL', async () => {
      const id = (await api.upload(newUser(), await picture())).image_id;
      const own = [
        '/',
        '/health',
        '/images?limit=1',
        '/nowhere',
        `/images/${id}/metadata`,
        `/images/${id}/renditions/tiny`,
      ];
      const presigned = ['download', 'renditions/thumb/download'].map((one) => `/images/${id}/${one}`);
      const cacheControl = async (path: string, init?: RequestInit) => {
        const response = await api.send(path, init);
        await response.arrayBuffer();
        return response.headers.get('cache-control');
      };
      for (const path of own) assert.equal(await cacheControl(path), 'private, no-cache', path);
      for (const path of [...presigned, `/images/${id}?download=true`])
        assert.equal(await cacheControl(path), 'private, no-store', path);
      const grant = { user_id: newUser(), content_type: 'image/png' };
      for (const path of ['/uploads', '/images/upload'])
        assert.equal(await cacheControl(path, json(grant)), 'private, no-store', path);
      assert.equal(await cacheControl('/images/uploads', json({ uploads: [grant] })), 'private, no-store');
      assert.equal(await cacheControl(`/images/upload?user_id=${newUser()}`, { method: 'POST' }), 'private, no-store');
    });

    it('sends nosniff and a Cross-Origin-Resource-Policy with every response', async () => {
      const id = (await api.upload(newUser(), await picture())).image_id;
      const streamed = api.bytes === 'stream' ? [`/images/${id}`, `/images/${id}/renditions/thumb`] : [];
      const paths = ['/', '/health', '/images?limit=1', '/docs', '/openapi.json', '/nowhere', '/images/no-id'];
      const ofImage = ['metadata', 'download', 'renditions/thumb/download', 'renditions/tiny', 'render?w=5'];
      for (const path of [...paths, ...ofImage.map((one) => `/images/${id}/${one}`), ...streamed]) {
        const response = await api.send(path);
        await response.arrayBuffer();
        assert.equal(response.headers.get('x-content-type-options'), 'nosniff', path);
        assert.match(
          response.headers.get('cross-origin-resource-policy') ?? '',
          /^(same-site|same-origin|cross-origin)$/,
          path,
        );
      }
    });

    it('refuses a DELETE with a foreign Origin or Sec-Fetch-Site: cross-site', async () => {
      const { image_id } = await api.upload(newUser(), await picture());
      const foreign = [{ Origin: 'https://stranger.example' }, { Origin: 'null' }, { 'Sec-Fetch-Site': 'cross-site' }];
      for (const headers of foreign) {
        await api.refused('origin-not-allowed', `/images/${image_id}`, { method: 'DELETE', headers });
      }
      assert.equal((await api.metadata(image_id)).status, 'ready');
    });
  });
};
