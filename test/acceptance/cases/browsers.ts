import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Api, newUser, putGood } from '../api.ts';
import { picture } from '../pictures.ts';

/** Allowed by default (CORS_ORIGINS unset). */
const PAGE = 'http://localhost:5173';

const CROSS_SITE = { 'Sec-Fetch-Site': 'cross-site' };

const preflight = (method: string, headers: string): RequestInit => ({
  method: 'OPTIONS',
  headers: {
    Origin: PAGE,
    'Access-Control-Request-Method': method,
    'Access-Control-Request-Headers': headers,
  },
});

export const describeBrowsers = (api: Api): void => {
  const isAllowed = async (): Promise<boolean> => {
    const response = await api.send('/health', { headers: { Origin: PAGE } });
    await response.arrayBuffer();
    return response.headers.get('access-control-allow-origin') === PAGE;
  };
  const requireAllowed = async (url: string, init: RequestInit): Promise<Response> => {
    const response = await api.send(url, init);
    await response.arrayBuffer();
    assert.ok(response.ok, `${init.method ?? 'GET'} was answered ${response.status}`);
    const allowed = response.headers.get('access-control-allow-origin');
    assert.ok(allowed === PAGE || allowed === '*', `Access-Control-Allow-Origin: ${allowed}`);
    return response;
  };

  describe('A request from a web page', () => {
    it('with an allowed origin gets an answer to a preflight of an upload', async (test) => {
      if (!(await isAllowed())) return test.skip(`CORS_ORIGINS of this service does not allow ${PAGE}`);
      const response = await requireAllowed('/images/upload', preflight('POST', 'content-type, idempotency-key'));
      assert.match(response.headers.get('access-control-allow-methods') ?? '', /POST/);
      assert.match(response.headers.get('access-control-allow-headers') ?? '', /idempotency-key/i);
    });

    it('with an allowed origin gets an answer to a preflight of the upload URL, and may PUT to it', async (test) => {
      if (!(await isAllowed())) return test.skip(`CORS_ORIGINS of this service does not allow ${PAGE}`);
      const grant = await api.grant({ user_id: newUser() });
      const response = await requireAllowed(grant.upload_url, preflight('PUT', 'content-type'));
      assert.match(response.headers.get('access-control-allow-methods') ?? '', /PUT|\*/);
      await putGood({ ...grant, headers: { ...grant.headers, Origin: PAGE } }, await picture());
    });

    it('with an allowed origin may read the response and the headers Link, ETag, Content-Range and X-Request-Id', async (test) => {
      if (!(await isAllowed())) return test.skip(`CORS_ORIGINS of this service does not allow ${PAGE}`);
      const response = await requireAllowed('/images?limit=1', { headers: { Origin: PAGE } });
      const exposed = response.headers.get('access-control-expose-headers') ?? '';
      for (const name of ['Link', 'ETag', 'Content-Range', 'X-Request-Id']) assert.ok(exposed.includes(name), exposed);
    });

    it('with Sec-Fetch-Site: same-site and no Origin may read an image, and may not delete it', async () => {
      const headers = { 'Sec-Fetch-Site': 'same-site' };
      const { image_id } = await api.upload(newUser(), await picture());
      const shown = await api.send(`/images/${image_id}`, { headers });
      await shown.arrayBuffer();
      assert.equal(shown.status, 200);
      await api.refused('origin-not-allowed', `/images/${image_id}`, { method: 'DELETE', headers });
    });

    it('with Sec-Fetch-Site: cross-site may read neither lists nor images', async () => {
      const { image_id } = await api.upload(newUser(), await picture());
      for (const headers of [CROSS_SITE, { ...CROSS_SITE, Origin: 'https://stranger.example' }]) {
        for (const path of ['/', '/images', `/images/${image_id}`, `/images/${image_id}/metadata`])
          await api.refused('origin-not-allowed', path, { headers });
      }
    });

    it('with Sec-Fetch-Site: cross-site may read signed renders, documentation and health', async () => {
      const { image_id } = await api.upload(newUser(), await picture());
      const { url } = await api.link(image_id, { w: 8 });
      for (const path of [url, '/docs', '/redoc', '/docs/problems', '/openapi.json', '/health', '/livez', '/readyz']) {
        const response = await api.send(path, { headers: CROSS_SITE });
        await response.arrayBuffer();
        assert.equal(response.status, 200, path);
      }
    });

    it('with a foreign origin gets no Access-Control-Allow-Origin', async () => {
      const response = await api.send('/health', { headers: { Origin: 'https://stranger.example' } });
      await response.arrayBuffer();
      assert.equal(response.headers.get('access-control-allow-origin'), null);
    });
  });
};
