import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Api, json, newUser } from '../api.ts';
import { picture } from '../pictures.ts';
import { requireRefused, storeAnswer } from '../store-answer.ts';

const ABSENT = '019a0000-0000-7000-8000-000000000000';

interface Contract {
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>;
}

export const describeCompatibility = (api: Api): void => {
  describe('Forms of the earlier clients', () => {
    for (const [isTrue, ...spellings] of [
      [true, 'true', 'True', 'TRUE', '1', 'yes', 'Yes'],
      [false, 'false', 'False', 'FALSE', '0', 'no', 'NO'],
    ] as const) {
      it(`a boolean of a query is ${isTrue} as ${spellings.join(', ')}`, async () => {
        const { image_id } = await api.upload(newUser(), await picture());
        for (const spelling of spellings) {
          const answer = await api.send(`/images/${image_id}?download=${spelling}`);
          const text = await answer.text();
          assert.equal(answer.status, 200, `${spelling}: ${text.slice(0, 500)}`);
          const type = isTrue ? /^application\/json/ : /^image\//;
          assert.match(answer.headers.get('content-type') ?? '', type, spelling);
        }
      });
    }

    it('any other boolean of a query is 400', async () => {
      const { image_id } = await api.upload(newUser(), await picture());
      for (const wrong of ['y', 'on', '2', 'truely', 'x'.repeat(10_000), 'true&download=true'])
        await api.refused('invalid-request', `/images/${image_id}?download=${wrong}`, {}, 'download');
    });

    it('a trailing slash answers like without, no redirect: every route', async () => {
      const { image_id } = await api.upload(newUser(), await picture());
      const { paths } = await api.ask<Contract>('/openapi.json');
      const routes = Object.entries(paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => [method.toUpperCase(), path] as const),
      );
      const pages = ['/docs', '/redoc', '/docs/problems'].map((path) => ['GET', path] as const);
      let compared = 0;
      for (const [method, path] of [...routes, ...pages]) {
        if (path === '/') continue;
        const id = method === 'GET' ? image_id : ABSENT; // nothing changes: only the answers are compared
        const target = path
          .replace('{id}', id)
          .replace('{preset}', 'thumb')
          .replace('{link_id}', 'A'.repeat(22))
          .replace('{key_id}', '0'.repeat(16))
          .replace('{webhook_id}', ABSENT);
        const answerOf = async (sent: string) => {
          const answer = await api.send(sent, { method, redirect: 'manual' });
          const text = await answer.text();
          const type = answer.headers.get('content-type');
          const { code } =
            type === 'application/problem+json' ? (JSON.parse(text) as { code: string }) : { code: null };
          return { status: answer.status, type, code };
        };
        const [expected, slashed] = await Promise.all([answerOf(target), answerOf(`${target}/`)]);
        assert.deepEqual(slashed, expected, `${method} ${target}/`);
        // Without API keys, authentication, counting or events, a service has no routes about them.
        if (!/^\/(?:keys|upload-tokens|view-tokens|usage|users|quotas|events|webhooks)/.test(path))
          assert.notEqual(slashed.code, 'route-not-found', `${method} ${target}/`);
        compared += 1;
      }
      assert.ok(compared >= 20, `${compared} routes`);
    });

    it('a trailing slash answers like without: an upload, a list and its next page, a change', async () => {
      const [user_id, bytes] = [newUser(), await picture()];
      const raw = { method: 'POST', headers: { 'X-User-Id': user_id, 'Content-Type': 'image/png' }, body: bytes };
      await api.ask('/images/upload/', raw);
      const { image_id } = await api.ask<{ image_id: string }>('/images/upload/?tags=a', raw);
      const list = await api.send(`/images/?user_id=${user_id}&limit=1`);
      const { count, next_cursor } = (await list.json()) as { count: number; next_cursor: string };
      assert.equal(count, 1);
      const next = /^<([^>]+)>; rel="next"$/.exec(list.headers.get('link') ?? '')?.[1] ?? '';
      assert.equal(new URL(next).pathname, '/images');
      assert.equal(new URL(next).searchParams.get('cursor'), next_cursor);
      await api.ask(`/images/${image_id}/metadata/?user_id=${user_id}`, json({ description: 'd' }, {}, 'PATCH'));
      assert.equal((await api.metadata(image_id)).description, 'd');
      await api.ask(`/images/${image_id}/?user_id=${user_id}`, { method: 'DELETE' });
      await api.refused('image-not-found', `/images/${image_id}/metadata/`);
    });

    it('a trailing slash answers like without: a signed URL of a rendition', async () => {
      const { image_id } = await api.upload(newUser(), await picture());
      const { pathname, search } = new URL((await api.link(image_id, { w: 16 })).url);
      assert.deepEqual(await api.read(`${pathname}/${search}`), await api.read(`${pathname}${search}`));
    });

    it('a trailing slash counts in the key of a presigned URL', async () => {
      const { image_id } = await api.upload(newUser(), await picture());
      const { download_url } = await api.ask<{ download_url: string }>(`/images/${image_id}/download`);
      const presigned = new URL(download_url);
      presigned.pathname += '/';
      requireRefused(await storeAnswer(api.send(presigned.href)), presigned.href);
    });

    it('a trailing slash is another path after a file of the documentation, and after another slash', async () => {
      for (const path of ['/openapi.json/', '/docs/start.js/', '/redoc/start.js/', '/images//', '//', '/health//'])
        await api.refused('route-not-found', path);
    });

    it('the bytes tell the type of a raw body without Content-Type, or of application/octet-stream', async () => {
      const user = newUser();
      const headers = { 'X-User-Id': user };
      for (const [type, declared] of [
        ['image/png', {}],
        ['image/jpeg', {}],
        ['image/webp', { 'Content-Type': 'application/octet-stream' }],
        ['image/jpeg', { 'Content-Type': 'Application/Octet-Stream; charset=binary' }],
      ] as const) {
        const bytes = await picture({ type });
        const body = new Blob([bytes]); // without a type fetch declares none
        const init = { method: 'POST', headers: { ...headers, ...declared }, body };
        const image = await api.ask<Record<string, unknown>>('/images/upload?filename=a&description=d', init);
        const { user_id, content_type, filename, description, size } = image;
        assert.deepEqual([user_id, content_type, size], [user, type, bytes.length]);
        assert.deepEqual([filename, description], ['a', 'd']);
        assert.deepEqual(await api.read(`/images/${image['image_id']}`), bytes);
      }
    });

    it('a raw body without Content-Type that is no accepted image is refused, and leaves no image', async () => {
      const user = newUser();
      for (const [text, detail] of [
        ['{"user_id":"x"}', /got a body without a Content-Type header$/],
        ['<svg xmlns="http://www.w3.org/2000/svg"></svg>', /The bytes are SVG/],
      ] as const) {
        const init = { method: 'POST', headers: { 'X-User-Id': user }, body: new Blob([text]) };
        assert.match((await api.refused('unsupported-body', '/images/upload', init)).detail, detail);
      }
      const cut = (await picture()).subarray(0, 60);
      const init = { method: 'POST', headers: { 'X-User-Id': user }, body: new Blob([cut]) };
      await api.refused('unreadable-image', '/images/upload', init);
      assert.equal((await api.ask<{ count: number }>(`/images?user_id=${user}`)).count, 0);
    });

    it('a date-time without a zone is UTC', async () => {
      const user = newUser();
      const { created_at } = await api.upload(user, await picture());
      const [from, to] = [-1, 1].map((ms) => new Date(Date.parse(created_at) + ms).toISOString().slice(0, -1));
      for (const [query, count] of [
        ['start_date=2020-01-01T00:00:00', 1],
        [`start_date=${from}&end_date=${to}`, 1],
        [`start_date=${to}`, 0],
        [`end_date=${from}`, 0],
      ] as const) {
        const list = await api.ask<{ count: number }>(`/images?user_id=${user}&${query}`);
        assert.equal(list.count, count, query);
      }
    });

    it('a download for another user than the owner is 404', async () => {
      const user = newUser();
      const { image_id } = await api.upload(user, await picture());
      await api.ask(`/images/${image_id}/download?user_id=${user}`);
      if (api.isOpen) await api.ask(`/images/${image_id}/download?user_id=`);
      const { detail } = await api.refused('image-not-found', `/images/${image_id}/download?user_id=${newUser()}`);
      assert.equal(detail, 'Image not found');
    });

    it('GET / answers HTML only when Accept contains text/html, with Vary: Accept; */* stays JSON', async () => {
      const typeFor = async (headers: Record<string, string>): Promise<string> => {
        const answer = await api.send('/', { headers, redirect: 'manual' });
        await answer.arrayBuffer();
        const names = (answer.headers.get('vary') ?? '').split(',').map((name) => name.trim().toLowerCase());
        assert.ok(names.includes('accept'), `Vary: ${names}`);
        const shown = answer.status < 300 ? answer : await api.send('/', { headers });
        return shown.headers.get('content-type')?.split(';', 1)[0] ?? '';
      };
      for (const Accept of ['*/*', 'application/json', 'text/*', 'text/plain, */*;q=0.5', 'application/xhtml+xml'])
        assert.equal(await typeFor({ Accept }), 'application/json', Accept);
      for (const Accept of [
        'text/html',
        'Text/HTML',
        'text/html,application/xhtml+xml,*/*;q=0.8',
        '*/*, text/html;q=0.1',
      ])
        assert.equal(await typeFor({ Accept }), 'text/html', Accept);
    });
  });
};
