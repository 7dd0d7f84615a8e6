import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Api } from '../api.ts';

/** A page of the documentation, its policy, and the URLs that it loads. */
async function page(api: Api, path: string) {
  const response = await api.send(path);
  assert.equal(response.status, 200, path);
  assert.match(response.headers.get('content-type') ?? '', /^text\/html/);
  const loads = [...(await response.text()).matchAll(/\s(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
  return { policy: response.headers.get('content-security-policy') ?? '', loads, url: response.url };
}

export const describeDocs = (api: Api): void => {
  describe('Documentation', () => {
    for (const [path, name] of [
      ['/docs', 'Swagger UI'],
      ['/redoc', 'ReDoc'],
    ] as const) {
      it(`GET ${path} (${name}) loads files from its own origin only`, async () => {
        const { loads, url } = await page(api, path);
        assert.ok(loads.length > 0, 'expected the page to load files');
        for (const address of loads) {
          const loaded = new URL(address, url);
          assert.equal(loaded.origin, new URL(url).origin, `${path} loads ${address}`);
          const response = await api.send(loaded.href);
          assert.equal(response.status, 200, address);
          assert.ok((await response.arrayBuffer()).byteLength > 0, address);
        }
      });

      it(`files that GET ${path} loads have an ETag and Cache-Control, and answer If-None-Match with 304`, async () => {
        const { loads, url } = await page(api, path);
        for (const address of [...loads, '/openapi.json', '/docs/problems']) {
          const { headers } = await api.send(new URL(address, url).href, { method: 'HEAD' });
          const etag = headers.get('etag') ?? '';
          assert.match(etag, /^"[^"]+"$/, address);
          assert.match(headers.get('cache-control') ?? '', /no-cache|max-age/, address);
          const again = await api.send(new URL(address, url).href, { headers: { 'If-None-Match': etag } });
          assert.deepEqual([again.status, again.headers.get('etag')], [304, etag], address);
        }
      });

      it(`GET ${path} has a strict CSP that allows no other origin`, async () => {
        const { policy } = await page(api, path);
        assert.match(policy, /default-src 'none'/);
        assert.doesNotMatch(policy, /https?:|\*|unsafe-eval|script-src[^;]*unsafe-inline/);
      });
    }

    it('GET /openapi.json describes every route', async () => {
      const { openapi, paths } = await api.ask<{ openapi: string; paths: Record<string, object> }>('/openapi.json');
      assert.match(openapi, /^3\.1/);
      const routes = Object.entries(paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method} ${path.replaceAll(/\{[^}]+\}/g, '{id}')}`),
      );
      for (const route of [
        'get /',
        'get /health',
        'post /uploads',
        'post /images',
        'get /images/{id}/original',
        'post /images/upload',
        'post /images/uploads',
        'post /images/delete',
        'get /images',
        'get /images/{id}',
        'get /images/{id}/download',
        'get /images/{id}/metadata',
        'patch /images/{id}/metadata',
        'patch /images/{id}',
        'post /images/{id}/complete',
        'delete /images/{id}',
        'get /images/{id}/renditions/{id}',
        'delete /images/{id}/renditions/{id}',
        'delete /images/{id}/renditions',
        'get /images/{id}/render',
        'post /images/{id}/render-url',
        'post /render-urls',
      ]) {
        assert.ok(routes.includes(route), `${route} is not described; ${routes.join(', ')}`);
      }
    });

    it('GET /openapi.json has the routes of the earlier clients in a section of their own', async () => {
      const { paths, tags } = await api.ask<{
        tags: { name: string }[];
        paths: Record<string, Record<string, { tags: string[] }>>;
      }>('/openapi.json');
      assert.equal(tags.at(-1)?.name, 'compatibility');
      const sectionOf = (method: string, path: string) => paths[path]?.[method]?.tags;
      for (const [method, path] of [
        ['post', '/images/upload'],
        ['get', '/images/{id}'],
      ] as const)
        assert.deepEqual(sectionOf(method, path), ['compatibility'], path);
      for (const [method, path] of [
        ['post', '/uploads'],
        ['post', '/images'],
        ['get', '/images/{id}/original'],
        ['delete', '/images/{id}'],
      ] as const)
        assert.deepEqual(sectionOf(method, path), ['images'], path);
    });
  });
};
