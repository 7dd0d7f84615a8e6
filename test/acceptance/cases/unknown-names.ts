import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Image, Problem } from '../answers.ts';
import { type Api, ids, json, newUser } from '../api.ts';
import { FORMS } from '../forms.ts';
import { picture } from '../pictures.ts';

const ABSENT = '019a0000-0000-7000-8000-000000000000';
const BOUNDARY = 'a-boundary';

interface Contract {
  readonly paths: {
    readonly [path: string]: {
      readonly [method: string]: { readonly security: readonly object[]; readonly requestBody?: object };
    };
  };
}

interface Operation {
  readonly method: string;
  /** The path of an image that isn't there: nothing changes. */
  readonly path: string;
  readonly hasBody: boolean;
}

/** A misspelt name, and the field or parameter that its refusal suggests. */
const MISSPELT = [
  ['userId', 'user_id'],
  ['visiblity', 'visibility'],
  ['tag', 'tags'],
  ['Description', 'description'],
  ['file-name', 'filename'],
] as const;

const asPairs = ({ errors = [] }: Problem): [pointer: string, suggested: string | undefined][] =>
  errors.map(({ pointer, detail }) => [pointer, /did you mean `(\w+)`\?$/.exec(detail)?.[1]]);

export const describeUnknownNames = (api: Api): void => {
  const user = newUser();
  const named = { 'X-User-Id': user };

  /** The operations that read a credential, but for those that the credential of this run may not use. */
  async function operations(): Promise<Operation[]> {
    const { paths } = await api.ask<Contract>('/openapi.json');
    return Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { security, requestBody }]) => {
        if (security.length === 0 || /^\/(?:keys|users|quotas|gates|webhooks)|\/(?:decisions?|review)$/.test(path))
          return [];
        const absent = path.replace('{id}', ABSENT).replace('{preset}', 'thumb').replace('{link_id}', 'A'.repeat(22));
        return [{ method: method.toUpperCase(), path: absent, hasBody: requestBody !== undefined }];
      }),
    );
  }

  describe('An unknown name', () => {
    it('of a field of POST /images is refused with a suggestion, in the form and in the query, and nothing is stored', async () => {
      const [owner, bytes] = [newUser(), await picture()];
      const wrong = MISSPELT.map(([name]) => [name, 'public'] as const);
      const form = new FormData();
      for (const [name, value] of [['user_id', owner] as const, ...wrong]) form.set(name, value);
      form.set('file', new File([bytes], 'a.png', { type: 'image/png' }));
      const inForm = await api.refused('invalid-request', '/images', { method: 'POST', body: form });
      assert.deepEqual(asPairs(inForm), [...MISSPELT]);
      const [path, init] = FORMS['POST /images']({ user: owner, bytes });
      const inQuery = await api.refused(
        'invalid-request',
        `${path}?${new URLSearchParams(wrong.map(([...pair]) => pair))}`,
        init,
      );
      assert.deepEqual(
        asPairs(inQuery),
        MISSPELT.map(([name, meant]) => [`?${name}`, meant]),
      );
      assert.equal((await api.list({ user_id: owner })).count, 0);
    });

    it('of a field of a form is refused without a value too', async () => {
      const form = new FormData();
      form.set('user_id', user);
      form.set('visiblity', '');
      form.set('file', new File([await picture()], 'a.png', { type: 'image/png' }));
      await api.refused('invalid-request', '/images', { method: 'POST', body: form }, 'visiblity');
    });

    it('of a field of a grant is refused with a suggestion, alone and in a batch', async () => {
      const wrong = Object.fromEntries([...MISSPELT, ['contentType', 'content_type']].map(([name]) => [name, 'x']));
      const expected = [...MISSPELT, ['contentType', 'content_type']].map(([name, meant]) => [`/${name}`, meant]);
      const upload = { user_id: user, content_type: 'image/png', ...wrong };
      assert.deepEqual(asPairs(await api.refused('invalid-request', '/uploads', json(upload))), expected);
      const good = { user_id: user, content_type: 'image/png' };
      const { count, results } = await api.ask<{ count: number; results: { error?: Problem }[] }>(
        '/images/uploads',
        json({ uploads: [good, upload] }),
      );
      assert.equal(count, 1);
      assert.deepEqual(
        asPairs(results[1]?.error ?? assert.fail('expected a problem')),
        expected.map(([pointer, meant]) => [`/uploads/1${pointer}`, meant]),
      );
      await api.refused('invalid-request', '/images/uploads', json({ uploads: [good], userId: user }), '/userId');
      await api.refused('invalid-request', '/images/uploads?userId=x', json({ uploads: [good] }, named), '?userId');
      await api.refused('invalid-request', '/uploads?tags=a', json(good), '?tags');
    });

    it('of a field of a batch is refused with a suggestion, and nothing changes', async () => {
      const { image_id, revision } = await api.upload(user, await picture());
      for (const route of ['/images/delete', '/images/trash', '/images/restore', '/images/change']) {
        const problem = await api.refused(
          'invalid-request',
          route,
          json(
            { image_ids: [image_id], userId: newUser(), ...(route === '/images/change' && { taken_at: null }) },
            named,
          ),
        );
        assert.deepEqual(asPairs(problem), [['/userId', 'user_id']], route);
      }
      assert.equal((await api.metadata(image_id)).revision, revision);
    });

    it('of a field of a change, a link or a render is refused with a suggestion, also within', async () => {
      const { image_id } = await api.upload(user, await picture());
      const image = `/images/${image_id}`;
      for (const [path, body, pointer, meant, method] of [
        [image, { descripton: 'x' }, '/descripton', 'description', 'PATCH'],
        [`${image}/metadata`, { focalPoint: null }, '/focalPoint', 'focal_point', 'PATCH'],
        [image, { focal_point: { x: 0, y: 0, z: 0 } }, '/focal_point/z', undefined, 'PATCH'],
        [`${image}/links`, { what: 'original', expiresIn: 60 }, '/expiresIn', 'expires_in', 'POST'],
        [`${image}/render-url`, { w: 10, expiresIn: 60 }, '/expiresIn', 'expires_in', 'POST'],
        [`${image}/render-url`, { w: 10, sharpn: 2 }, '/sharpn', 'sharpen', 'POST'],
        ['/render-urls', { renders: [{ image_id, w: 1 }], userId: user }, '/userId', 'user_id', 'POST'],
      ] as const)
        assert.deepEqual(asPairs(await api.refused('invalid-request', path, json(body, named, method))), [
          [pointer, meant],
        ]);
      const { results } = await api.ask<{ results: { error?: Problem }[] }>(
        '/render-urls',
        json({ renders: [{ imageId: image_id, image_id, w: 1 }] }, named),
      );
      assert.deepEqual(asPairs(results[0]?.error ?? assert.fail()), [['/renders/0/imageId', 'image_id']]);
    });

    it('is refused if it is __proto__ or constructor, and named in short if it is long or one of thousands', async () => {
      const grant = { user_id: user, content_type: 'image/png' };
      const own = JSON.stringify(grant).replace('{', '{"__proto__":{"visibility":"public"},"constructor":1,');
      const problem = await api.refused('invalid-request', '/uploads', { ...json({}), body: own });
      assert.deepEqual(problem.errors?.map(({ pointer }) => pointer).toSorted(), ['/__proto__', '/constructor']);
      const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`name${index}`, 1]));
      const long = { ['x'.repeat(100_000)]: 1 };
      for (const wrong of [many, long]) {
        const { errors = [], detail } = await api.refused('invalid-request', '/uploads', json({ ...grant, ...wrong }));
        assert.ok(errors.length >= 1 && errors.length <= 20, `${errors.length}`);
        assert.ok(detail.length < 10_000, `${detail.length} characters`);
        for (const { pointer } of errors) assert.ok(pointer.length < 300, `${pointer.length} characters`);
      }
    });

    it('within metadata is free', async () => {
      const metadata = JSON.parse('{"userId":"x","visiblity":"y","contentType":{"tag":[{"File-Name":1}]}}') as object;
      for (const [form, sending] of Object.entries(FORMS)) {
        const { image_id } = await api.ask<Image>(...sending({ user, bytes: await picture(), metadata }));
        assert.deepEqual((await api.metadata(image_id)).metadata, metadata, form);
      }
    });
  });

  describe('An unknown name, for the earlier clients of an open service', {
    skip: !api.isOpen && 'the service has authentication',
  }, () => {
    it('is ignored by POST /images/upload, in every form', async () => {
      const bytes = await picture();
      for (const [form, sending] of Object.entries(FORMS)) {
        const [path, init] = sending({ user: newUser(), bytes });
        if (!path.startsWith('/images/upload')) continue;
        const headers = new Headers(init.headers);
        let { body } = init;
        if (typeof body === 'string') body = JSON.stringify({ ...JSON.parse(body), userId: 'x', visiblity: 'public' });
        if (body instanceof FormData) body.set('visiblity', 'public');
        const { status } = await api.ask<{ status: string }>(path, { ...init, headers, ...(body && { body }) });
        assert.ok(['pending', 'ready'].includes(status), form);
      }
    });

    it('and a body that nobody reads are ignored by reads and deletions', async () => {
      const { image_id } = await api.upload(user, await picture());
      for (const path of ['', '/download', '/original', '/metadata'])
        assert.equal((await api.send(`/images/${image_id}${path}?utm_source=x&userId=x`)).status, 200, path);
      await api.ask(`/images/${image_id}?utm_source=x`, json({ user_id: user }, {}, 'DELETE'));
    });
  });

  describe('With a credential', { skip: api.isOpen && 'the service is open' }, () => {
    it('every operation refuses every unknown parameter, however it is encoded, also without a value', async () => {
      const long = 'x'.repeat(1_000);
      const query = `userId=&user%49D=x&__proto__=1&__proto__=2&user_id[]=x&${long}&=x`;
      const asked = await operations();
      assert.ok(asked.length > 25, `${asked.length} operations`);
      for (const { method, path } of asked) {
        const { errors = [], detail } = await api.refused('invalid-request', `${path}?${query}`, {
          method,
          headers: named,
        });
        const pointers = errors.map(({ pointer }) => pointer.slice(0, 12));
        assert.deepEqual(
          pointers,
          ['?userId', '?userID', '?__proto__', '?user_id[]', `?${'x'.repeat(11)}`, '?'],
          `${method} ${path}: ${detail}`,
        );
        assert.match(errors[0]?.detail ?? '', /did you mean `user_id`\?$/, path);
        assert.ok(detail.length < 5_000);
      }
    });

    it('a misspelt user deletes nothing', async () => {
      const { image_id } = await api.upload(user, await picture());
      for (const query of ['userId=x', 'userId=', 'user=x', 'uid=x', 'user_ids=x', '%75serId=x', 'USER_ID=x'])
        await api.refused('invalid-request', `/images/${image_id}?${query}`, { method: 'DELETE', headers: named });
      assert.equal((await api.metadata(image_id)).status, 'ready');
    });

    it('many unknown parameters are named 20 times', async () => {
      const many = Array.from({ length: 500 }, (_, index) => `p${index}=1`).join('&');
      const { errors } = await api.refused('invalid-request', `/images/${ABSENT}/download?${many}`, { headers: named });
      assert.equal(errors?.length, 20);
    });

    it('every operation without a body refuses one, of any type, and takes {} and zero bytes as none', async () => {
      const part = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="user_id"\r\n\r\nx\r\n--${BOUNDARY}--\r\n`;
      const bodies = [
        ['application/json', '{"user_id":null}'],
        ['application/json', '[]'],
        ['application/x-www-form-urlencoded', 'user_id=x'],
        [`multipart/form-data; boundary=${BOUNDARY}`, part],
        ['x', '{"a":1}'],
        ['image/png', 'x'.repeat(100_000)],
      ] as const;
      const asked = (await operations()).filter(({ method, hasBody }) => method !== 'GET' && !hasBody);
      assert.ok(asked.length >= 7, `${asked.length} operations`);
      for (const { method, path } of asked) {
        for (const [type, body] of bodies) {
          const init = { method, headers: { ...named, 'Content-Type': type }, body };
          const { detail } = await api.refused('invalid-request', path, init);
          assert.match(detail, /^body: expected none; got /, `${method} ${path}`);
        }
        const none = await api.send(path, { method, headers: named });
        for (const body of ['', '{}']) {
          const empty = await api.send(path, {
            method,
            headers: { ...named, 'Content-Type': 'application/json' },
            body,
          });
          assert.equal(empty.status, none.status, `${method} ${path}`);
          await empty.body?.cancel();
        }
        await none.body?.cancel();
      }
    });

    it('POST /images/upload refuses the fields and parameters that its form does not have', async () => {
      const bytes = await picture();
      for (const [form, sending] of Object.entries(FORMS)) {
        const [path, init] = sending({ user, bytes });
        const at = path.includes('?') ? `${path}&` : `${path}?`;
        await api.refused('invalid-request', `${at}visiblity=public`, init, '?visiblity');
        if (typeof init.body !== 'string') continue;
        const body = JSON.stringify({ ...JSON.parse(init.body), visiblity: 'public' });
        await api.refused('invalid-request', path, { ...init, body }, '/visiblity');
        await api.refused('invalid-request', `${at}tags=a`, init, '?tags'); // JSON has its own
        assert.ok(form.includes('JSON') || form === 'POST /uploads', form);
      }
    });

    it('the operations for admins refuse unknown names too', async () => {
      if (api.asAdmin === undefined) return;
      const { refused } = api.asAdmin;
      for (const path of ['/keys', '/users', `/quotas/${user}`, '/keys/0000000000000000', '/gates'])
        await refused('invalid-request', `${path}?user_id=${user}`, {}, '?user_id');
      for (const path of ['decisions', 'review'])
        await refused('invalid-request', `/images/${ABSENT}/${path}?userId=x`, {}, '?userId');
      const decision = { gate: 'none', sha256: '0'.repeat(64), verdict: 'pass', privateReason: 'x' };
      await refused('invalid-request', `/images/${ABSENT}/decision`, json(decision), '/privateReason');
      await refused('invalid-request', '/gates/rescan', json({ gate: 'none', since: 'x' }), '/since');
      await refused('invalid-request', '/gates/none/drop', json({ Cursor: 'x' }), '/Cursor');
      await refused('invalid-request', '/keys?Owner=x', {}, '?Owner');
      for (const path of [`/quotas/${user}`, '/keys/0000000000000000'])
        await refused('invalid-request', path, json({ owner: 'x' }, {}, 'DELETE'));
      const terms = { name: 'x', actsAs: ['*'], acts_as: ['*'], scopes: ['images:read'] };
      await refused('invalid-request', '/keys', json(terms), '/actsAs');
    });

    it('a list of one user is not widened by a parameter of another name', async () => {
      const { image_id } = await api.upload(newUser(), await picture());
      await api.refused('invalid-request', `/images?userId=${user}`, {}, '?userId');
      assert.ok(!ids((await api.list({ user_id: user })).images).includes(image_id));
    });
  });
};
