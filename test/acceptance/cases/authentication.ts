import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Grant, Image, Page, Problem } from '../answers.ts';
import { type Api, bodyOf, ids, json, newUser, putGood, requireProblem, search } from '../api.ts';
import { patientFetch } from '../patience.ts';
import { picture } from '../pictures.ts';

const POST: RequestInit = { method: 'POST' };
const DELETE: RequestInit = { method: 'DELETE' };

const READS = [
  '',
  '?download=true',
  '/original',
  '/download',
  '/metadata',
  '/renditions/thumb',
  '/renditions/thumb/download',
];
const CHANGES: readonly (readonly [path: string, init: RequestInit])[] = [
  ['', json({ description: 'x' }, {}, 'PATCH')],
  ['/metadata', json({ description: 'x' }, {}, 'PATCH')],
  ['/complete', POST],
  ['/trash', POST],
  ['/renditions', DELETE],
  ['', DELETE],
];

/** Who may call, and whose images exist for whom: in an open service, and in one with authentication. */
/** Batches of images, with what each needs besides. */
const BATCHES = [
  ['/images/delete', {}],
  ['/images/trash', {}],
  ['/images/restore', {}],
  ['/images/change', { taken_at: null }],
] as const;

export const describeAuthentication = (api: Api): void => {
  const { anonymously } = api;
  const upload = async (user = newUser()): Promise<Image> => api.upload(user, await picture());
  const naming = (user: string, init: RequestInit = {}): RequestInit => {
    const headers = new Headers(init.headers);
    headers.set('x-user-id', user);
    return { ...init, headers };
  };

  describe('An open service', { skip: !api.isOpen && 'the service has authentication' }, () => {
    it("answers a read of another user's image", async () => {
      const { image_id } = await upload();
      for (const path of READS) {
        const answer = await api.send(`/images/${image_id}${path}`, naming(newUser()));
        await answer.arrayBuffer();
        assert.equal(answer.status, 200, path);
      }
    });

    it('ignores credentials, also invalid ones', async () => {
      for (const Authorization of ['Bearer junk', 'Basic YWRhOmFkYQ==', 'x', `Bearer ${'x'.repeat(9_000)}`])
        await api.ask<Page>('/images?limit=1', { headers: { Authorization } });
    });

    it('has no keys', async () => {
      await api.refused('route-not-found', '/keys');
      await api.refused('route-not-found', '/keys', json({ name: 'x', scopes: ['images:admin'] }));
    });
  });

  describe('A service with authentication', { skip: api.isOpen && 'the service is open' }, () => {
    /** A refusal without what differs from request to request. */
    const refusalOf = async (answer: Response) => {
      const { request_id: _, ...problem } = { ...(await requireProblem(answer.clone(), 'unauthenticated')) };
      const names = [...answer.headers.keys()];
      return { problem, names, authenticate: answer.headers.get('www-authenticate') };
    };

    it('answers 401 with WWW-Authenticate: Bearer to every request without a credential', async () => {
      const { image_id, revision } = await upload();
      const grant = json({ user_id: newUser(), content_type: 'image/png' });
      const requests: (readonly [string, RequestInit])[] = [
        ...READS.map((path) => [`/images/${image_id}${path}`, {}] as const),
        ...CHANGES.map(([path, init]) => [`/images/${image_id}${path}`, init] as const),
        [`/images/${image_id}`, { method: 'HEAD' }],
        [`/images/${image_id}/render-url`, json({ w: 10 })],
        ['/render-urls', json({ renders: [{ image_id, w: 10 }] })],
        ['/images', {}],
        ['/images?user_id=ada', { headers: { 'X-User-Id': 'ada' } }],
        ['/uploads', grant],
        ['/images/upload', grant],
        ['/images/uploads', json({ uploads: [{ user_id: 'ada', content_type: 'image/png' }] })],
        ['/images/delete', json({ image_ids: [image_id] })],
        ['/keys', {}],
      ];
      for (const [path, init] of requests) {
        const answer = await anonymously(path, init);
        assert.equal(answer.status, 401, `${init.method ?? 'GET'} ${path}`);
        assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer\b(?!.*error=)/, path);
        if (init.method !== 'HEAD') await requireProblem(answer, 'unauthenticated');
      }
      assert.equal((await api.metadata(image_id)).revision, revision);
    });

    it('answers every invalid credential alike, and tells it from none', async () => {
      const key = `safelight_${'0'.repeat(16)}_${'0'.repeat(49)}`;
      const withKey = { headers: { Authorization: `Bearer ${key}` } };
      const without = await refusalOf(await anonymously('/images'));
      const first = await refusalOf(await anonymously('/images', withKey));
      assert.match(without.problem.detail, /; got none$/);
      assert.match(first.problem.detail, /; got one that is not accepted: .* log .* request_id$/);
      assert.match(first.authenticate ?? '', /^Bearer .*error="invalid_token"/);
      const token = ['{"alg":"none"}', '{"sub":"ada"}'].map((part) => Buffer.from(part).toString('base64url'));
      for (const Authorization of [
        ...['', 'Bearer', 'Bearer junk', 'Basic YWRhOmFkYQ==', key, `Bearer ${key}`, `Bearer ${key}, Bearer ${key}`],
        ...[`Bearer ${token.join('.')}.`, `Bearer ${key.toUpperCase()}`],
      ]) {
        const refused = await refusalOf(await anonymously('/images', { headers: { Authorization } }));
        assert.deepEqual(refused, first, Authorization);
      }
    });

    it('answers 401 before it looks at the image, the user or the body', async () => {
      const { image_id } = await upload();
      const [existing, absent, malformedId] = await Promise.all(
        [image_id, crypto.randomUUID(), 'no-id'].map(async (id) =>
          refusalOf(await anonymously(`/images/${id}/metadata`)),
        ),
      );
      assert.deepEqual([existing, malformedId], [absent, absent]);
      const malformed: RequestInit = { ...json({}, { 'X-User-Id': 'x'.repeat(999) }), body: '{' };
      for (const path of ['/uploads', '/images/upload', '/images/delete'])
        await requireProblem(await anonymously(path, malformed), 'unauthenticated');
    });

    it('needs no credential, and reads no user, for its health, its documentation and unknown paths', async () => {
      const headers = { 'X-User-Id': 'x'.repeat(999) };
      for (const path of ['/', '/health', '/livez', '/readyz', '/docs', '/redoc', '/openapi.json']) {
        const answer = await anonymously(path, { headers });
        await answer.arrayBuffer();
        assert.equal(answer.status, 200, path);
      }
      await requireProblem(await anonymously('/nowhere', { headers }), 'route-not-found');
      await requireProblem(await anonymously('/images', { method: 'PUT', headers }), 'method-not-allowed');
    });

    it('needs no credential for the URLs that it signs', async () => {
      const bytes = await picture();
      const grant = await api.ask<Grant>('/uploads', json({ user_id: newUser(), content_type: 'image/png' }));
      await putGood(grant, bytes);
      await api.metadata(grant.image_id);
      const { download_url } = await api.ask<{ download_url: string }>(`/images/${grant.image_id}/download`);
      assert.deepEqual(await bodyOf(await patientFetch(download_url)), bytes);
      const { url } = await api.link(grant.image_id, { w: 10 });
      const render = new URL(url, api.base);
      assert.equal((await patientFetch(render.href)).status, 200);
      render.searchParams.set('w', '11');
      await requireProblem(await patientFetch(render.href), 'signature-invalid');
    });

    it('has its keys for admins only', async () => {
      const answer = await api.send('/keys');
      await requireProblem(answer, answer.status === 404 ? 'route-not-found' : 'missing-scope'); // 404 with tokens alone
    });
  });

  describe('A user that is none, beside a credential', { skip: api.isOpen && 'the service is open' }, () => {
    const NONE = ['', ' ', '\u200b', '\u00a0'];
    const SPACED = [' ada', 'ada ', 'ada\u3000'];
    const NOT_ASCII = ['zo\u00eb', Buffer.from('zo\u00eb').toString('latin1')];

    /** Requires a 400 that names the place. */
    const requireRefused = async (pointer: string, path: string, init: RequestInit = {}): Promise<void> => {
      await requireProblem(await api.sendAsIs(path, init), 'invalid-request', pointer);
    };

    it('is refused in the query of every route, in every spelling of its name', async () => {
      const { image_id, revision } = await upload();
      const queries = [
        ...[...NONE, ...SPACED].map((user) => `user_id=${encodeURIComponent(user)}`),
        ...['user_id', 'user%5Fid=', '%75ser_id=+', 'user_id=zo%EB'],
      ];
      for (const query of queries) {
        for (const path of READS)
          await requireRefused('?user_id', `/images/${image_id}${path}${path.includes('?') ? '&' : '?'}${query}`);
        for (const [path, init] of CHANGES)
          await requireRefused('?user_id', `/images/${image_id}${path}?${query}`, init);
        for (const path of ['/images', '/usage', '/whoami']) await requireRefused('?user_id', `${path}?${query}`);
        await requireRefused('?user_id', `/images/delete?${query}`, json({ image_ids: [image_id] }));
        await requireRefused('?user_id', `/uploads?${query}`, json({ content_type: 'image/png' }));
      }
      assert.equal((await api.metadata(image_id)).revision, revision);
    });

    it('is refused in the headers of every route, also beside a user', async () => {
      const { image_id, user_id: user, revision } = await upload();
      for (const name of ['X-User-Id', 'User-Id'])
        for (const value of ['', ' ', ...NOT_ASCII]) {
          const headers = { [name]: value };
          for (const path of [...READS.map((path) => `/images/${image_id}${path}`), '/images', '/whoami'])
            await requireRefused(name.toLowerCase(), path, { headers });
          for (const [path, init] of CHANGES)
            await requireRefused(name.toLowerCase(), `/images/${image_id}${path}?user_id=${user}`, {
              ...init,
              headers: { ...Object.fromEntries(new Headers(init.headers)), ...headers },
            });
        }
      assert.equal((await api.metadata(image_id)).revision, revision);
    });

    it('is refused in a header that is misspelt, on every route, also beside a user', async () => {
      const { image_id, user_id: user, revision } = await upload();
      for (const name of ['X-UserId', 'UserId', 'X_User_Id'])
        for (const [path, init] of [
          [`/images/${image_id}`, {}],
          ['/images', {}],
          ['/whoami', {}],
          [`/images/${image_id}`, json({ description: 'x' }, {}, 'PATCH')],
          [`/images/${image_id}`, DELETE],
          ['/uploads', json({ content_type: 'image/png' })],
        ] as const)
          for (const named of ['', `?user_id=${user}`])
            await requireRefused(name.toLowerCase(), `${path}${named}`, {
              ...init,
              headers: { ...Object.fromEntries(new Headers(init.headers)), [name]: user },
            });
      assert.equal((await api.metadata(image_id)).revision, revision);
    });

    it('is refused in bodies, forms and batches', async () => {
      const { image_id, revision } = await upload();
      for (const user_id of [...NONE, ...SPACED, null, 7, [], {}]) {
        for (const [path, fields] of BATCHES)
          await requireRefused('/user_id', path, json({ user_id, image_ids: [image_id], ...fields }));
        await requireRefused('/user_id', '/render-urls', json({ user_id, renders: [{ image_id, w: 8 }] }));
        await requireRefused('/user_id', '/upload-tokens', json({ user_id }));
        for (const path of ['/uploads', '/images/upload'])
          await requireRefused('/user_id', path, json({ user_id, content_type: 'image/png' }));
        const uploads = [{ user_id, content_type: 'image/png' }];
        await requireRefused(
          '/user_id',
          '/images/uploads',
          json({ user_id, uploads: [{ content_type: 'image/png' }] }),
        );
        const { results } = await api.ask<{ results: { error?: Problem }[] }>(
          '/images/uploads',
          json({ user_id: newUser(), uploads }),
        );
        assert.deepEqual(results[0]?.error?.errors?.[0]?.pointer, '/uploads/0/user_id');
      }
      for (const user of [...NONE, ...SPACED]) {
        const body = new FormData();
        body.set('user_id', user);
        body.set('file', new File([await picture()], 'a.png', { type: 'image/png' }));
        for (const path of ['/images', '/images/upload'])
          await requireRefused('user_id', path, { method: 'POST', body });
      }
      assert.equal((await api.metadata(image_id)).revision, revision);
    });

    it('has no keys and no quotas', { skip: !api.asAdmin && 'this run has no admin' }, async () => {
      const { asAdmin = assert.fail() } = api;
      for (const user of [...NONE, ...SPACED]) {
        const key = { name: 'x', scopes: ['images:read'] };
        await asAdmin.refused('invalid-request', '/keys', json({ ...key, owner: user }), '/owner');
        await asAdmin.refused('invalid-request', '/keys', json({ ...key, acts_as: ['ada', user] }), '/acts_as/1');
        const query = search({ owner: user });
        await asAdmin.refused('invalid-request', `/keys?${query}`, {}, '?owner');
        if (api.countsUsage && user !== '')
          await asAdmin.refused('invalid-request', `/quotas/${encodeURIComponent(user)}`, {}, 'user_id');
      }
    });

    it('that is no ASCII is named in the query', async () => {
      const user = `${newUser()}-zo\u00eb`;
      const { image_id } = await api.ask<Grant>(
        `/uploads?${search({ user_id: user })}`,
        json({ content_type: 'image/png' }),
      );
      assert.equal((await api.metadata(image_id)).user_id, user);
    });
  });

  describe('A credential for several users', { skip: api.isOpen && 'the service is open' }, () => {
    it('that names no user reads the images of all', async () => {
      const [one, other] = [await upload(), await upload()];
      for (const { image_id } of [one, other]) assert.equal((await api.metadata(image_id)).image_id, image_id);
    });

    it('that names no user changes nothing, but completes uploads', async () => {
      const { image_id, revision } = await upload();
      for (const [path, init] of CHANGES.filter(([path]) => path !== '/complete'))
        await requireProblem(await api.sendAsIs(`/images/${image_id}${path}`, init), 'invalid-request', 'user_id');
      for (const [path, fields] of BATCHES) {
        const answer = await api.sendAsIs(path, json({ image_ids: [image_id], ...fields }));
        await requireProblem(answer, 'invalid-request', 'user_id');
      }
      for (const [path, body] of [
        ['/uploads', { content_type: 'image/png' }],
        ['/upload-tokens', {}],
      ] as const)
        await requireProblem(await api.sendAsIs(path, json(body)), 'invalid-request', 'user_id');
      assert.equal((await api.metadata(image_id)).revision, revision);
      await api.ask(`/images/${image_id}/complete`, POST);
    });

    it("that names a user gets the 404 of an absent image for another's", async () => {
      const { image_id, status, revision } = await upload();
      const user = newUser();
      /** The answer without what names the image or the request. */
      const hidden = async (id: string, path: string, init: RequestInit) => {
        const answer = await api.send(`/images/${id}${path}`, naming(user, init));
        const names = [...answer.headers.keys()];
        if (init.method === 'HEAD') return { status: answer.status, names };
        const { request_id: _, ...problem } = await requireProblem(answer, 'image-not-found');
        return { names, problem: JSON.stringify(problem).replaceAll(id, 'ID') };
      };
      const requests: (readonly [string, RequestInit])[] = [
        ...READS.map((path) => [path, {}] as const),
        ['', { method: 'HEAD' }],
        ['/render-url', json({ w: 10 })],
        ...CHANGES,
      ];
      const absent = crypto.randomUUID();
      for (const [path, init] of requests)
        assert.deepEqual(
          await hidden(image_id, path, init),
          await hidden(absent, path, init),
          `${init.method} ${path}`,
        );
      const image = await api.metadata(image_id);
      assert.deepEqual([image.status, image.revision], [status, revision]);
    });

    it('that names a user gets no 304, 409, 412 or 416 for the image of another', async () => {
      const { image_id } = await upload();
      const pending = await api.grant({ user_id: newUser() });
      const user = newUser();
      const etag = (await api.send(`/images/${image_id}`, { method: 'HEAD' })).headers.get('etag') ?? '*';
      for (const headers of [{ 'If-None-Match': etag }, { 'If-None-Match': '*' }, { Range: 'bytes=99999999-' }])
        await api.refused('image-not-found', `/images/${image_id}`, naming(user, { headers }));
      const stale = json({ description: 'x' }, { 'If-Match': '"999"' }, 'PATCH');
      await api.refused('image-not-found', `/images/${image_id}`, naming(user, stale));
      await api.refused('image-not-found', `/images/${pending.image_id}`, naming(user));
      await api.refused('image-not-found', `/images/${pending.image_id}/complete`, naming(user, POST));
    });

    it('that names a user lists only the images of that user', async () => {
      const [one, other] = [await upload(), await upload()];
      await api.listOf({ user_id: one.user_id }, [one.image_id]);
      const page = await api.ask<Page>('/images', naming(other.user_id));
      assert.deepEqual(ids(page.images), [other.image_id]);
    });

    it('that names a user by another case, Unicode form or invisible character changes nothing', async () => {
      const user = `${newUser()}-\u00e9`;
      const { image_id } = await api.ask<Grant>('/uploads', json({ user_id: user, content_type: 'image/png' }));
      const change = json({ description: 'x' }, {}, 'PATCH');
      for (const name of [user.toUpperCase(), user.normalize('NFD'), `${user}\u200b`, `${user} `, ` ${user}`]) {
        const answer = await api.send(`/images/${image_id}?${search({ user_id: name })}`, change);
        await answer.arrayBuffer();
        assert.ok([400, 404].includes(answer.status), `${JSON.stringify(name)} was answered ${answer.status}`);
      }
      assert.equal((await api.metadata(image_id)).revision, 1);
    });
  });
};
