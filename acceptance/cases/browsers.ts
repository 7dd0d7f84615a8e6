import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Api, newUser, putGood } from '../api.ts';
import { picture } from '../pictures.ts';

/** Allowed unless CORS_ORIGINS says otherwise. */
const PAGE = 'http://localhost:5173';

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

  describe('A page of another, allowed origin', () => {
    it('asks the API before it sends: a preflight is answered', async (test) => {
      if (!(await isAllowed())) return test.skip('CORS_ORIGINS of this service leaves pages of this machine out');
      const response = await requireAllowed('/images/upload', preflight('POST', 'content-type, idempotency-key'));
      assert.match(response.headers.get('access-control-allow-methods') ?? '', /POST/);
      assert.match(response.headers.get('access-control-allow-headers') ?? '', /idempotency-key/i);
    });

    it('asks the store before it sends: a preflight of the upload URL is answered', async (test) => {
      if (!(await isAllowed())) return test.skip('CORS_ORIGINS of this service leaves pages of this machine out');
      const grant = await api.grant({ user_id: newUser() });
      const response = await requireAllowed(grant.upload_url, preflight('PUT', 'content-type'));
      assert.match(response.headers.get('access-control-allow-methods') ?? '', /PUT|\*/);
      await putGood({ ...grant, headers: { ...grant.headers, Origin: PAGE } }, await picture());
    });

    it('reads answers, and the headers it needs of them', async (test) => {
      if (!(await isAllowed())) return test.skip('CORS_ORIGINS of this service leaves pages of this machine out');
      const response = await requireAllowed('/images?limit=1', { headers: { Origin: PAGE } });
      const exposed = response.headers.get('access-control-expose-headers') ?? '';
      for (const name of ['Link', 'ETag', 'Content-Range', 'X-Request-Id']) assert.ok(exposed.includes(name), exposed);
    });

    it('a stranger’s page reads nothing', async () => {
      const response = await api.send('/health', { headers: { Origin: 'https://stranger.example' } });
      await response.arrayBuffer();
      assert.equal(response.headers.get('access-control-allow-origin'), null);
    });
  });
};
