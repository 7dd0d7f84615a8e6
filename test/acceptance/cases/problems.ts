import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Api, json, newUser } from '../api.ts';
import { TYPES } from '../pictures.ts';

const ABSENT = '019a0000-0000-7000-8000-000000000000';

export const describeProblems = (api: Api): void => {
  describe('Problems', () => {
    it('every error is a problem document: type, title, status, detail, error with the same text, code, request_id', async () => {
      await api.refused('route-not-found', '/nowhere');
      await api.refused('image-not-found', `/images/${ABSENT}`);
      await api.refused('method-not-allowed', '/images', { method: 'PUT' });
      await api.refused('malformed-body', '/images/upload', { ...json({}), body: '{"user_id":' });
      await api.refused('invalid-request', '/images?limit=x');
    });

    it('carry their values for programs: params', async () => {
      const grant = json({ user_id: newUser(), content_type: 'image/bmp' });
      const { params } = await api.refused('unsupported-type', '/images/upload', grant, 'content_type');
      assert.deepEqual(params, { formats: TYPES, got: 'image/bmp' });
    });

    it('an unknown or malformed image id is 404 image-not-found with the detail "Image not found"', async () => {
      for (const id of [ABSENT, 'no-id', '..%2f..%2fetc', '%00', ABSENT.slice(1)]) {
        const requests = [
          [`/images/${id}`, {}],
          [`/images/${id}?download=true`, {}],
          [`/images/${id}/original`, {}],
          [`/images/${id}/download`, {}],
          [`/images/${id}/metadata`, {}],
          [`/images/${id}/metadata?wait=1`, {}],
          [`/images/${id}/metadata`, json({ description: 'x' }, {}, 'PATCH')],
          [`/images/${id}`, json({ description: 'x' }, {}, 'PATCH')],
          [`/images/${id}/complete`, { method: 'POST' }],
          [`/images/${id}`, { method: 'DELETE' }],
        ] as const;
        for (const [path, init] of requests) {
          assert.equal((await api.refused('image-not-found', path, init)).detail, 'Image not found');
        }
      }
    });

    it('errors lists each wrong field as {pointer, detail}', async () => {
      const init = json({ user_id: newUser(), content_type: 'image/png', tags: ['x', 7], description: 7 });
      const { errors = [] } = await api.refused('invalid-request', '/images/upload', init);
      assert.deepEqual(errors.map(({ pointer }) => pointer).toSorted(), ['/description', '/tags/1']);
      for (const { detail } of errors) assert.match(detail, /^expected .+; got /);
    });

    it('request_id is different for each request', async () => {
      const [first, second] = [await api.refused('route-not-found', '/a'), await api.refused('route-not-found', '/a')];
      assert.notEqual(first.request_id, second.request_id);
    });

    it('type is the URL of an entry that explains the code', async () => {
      for (const [code, path] of [
        ['image-not-found', `/images/${ABSENT}`],
        ['invalid-cursor', '/images?cursor=x'],
      ] as const) {
        const { type } = await api.refused(code, path);
        assert.ok(type.endsWith(`#${code}`), type);
        const page = await api.send(new URL(type, `${api.base}/`).pathname);
        assert.equal(page.status, 200);
        assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
        assert.match(await page.text(), new RegExp(` id="${code}"`));
      }
    });

    it('an unsupported method is 405, and Allow lists the supported methods', async () => {
      const response = await api.send('/images', { method: 'DELETE' });
      assert.equal(response.status, 405);
      assert.deepEqual(response.headers.get('allow')?.split(', ').toSorted(), ['GET', 'HEAD', 'POST']);
    });
  });
};
