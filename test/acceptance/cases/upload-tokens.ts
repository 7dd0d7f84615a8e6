import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Grant, Image, UploadToken } from '../answers.ts';
import { type Api, json, newUser, put, putGood, requireProblem } from '../api.ts';
import { DIRECT_FORMS, FORMS, GRANT_FORMS } from '../forms.ts';
import { picture, pictureOfSize } from '../pictures.ts';

const POST: RequestInit = { method: 'POST' };
const DELETE: RequestInit = { method: 'DELETE' };

/** Everything of an image that an uploader may not do. */
const REFUSED: readonly (readonly [path: string, init: RequestInit])[] = [
  ...[
    '',
    '/original',
    '/download',
    '/download?format=jpeg',
    '/renditions/thumb',
    '/renditions/thumb/download',
    '/links',
  ].map((path) => [path, {}] as const),
  ['', json({ visibility: 'public' }, {}, 'PATCH')],
  ['/metadata', json({ description: 'x' }, {}, 'PATCH')],
  ['/trash', POST],
  ['/restore', POST],
  ['', DELETE],
  ['/renditions', DELETE],
  ['/render-url', json({ w: 10 })],
  ['/links', json({ what: 'original' })],
  ['/revoke-links', POST],
];

export const describeUploadTokens = (api: Api): void => {
  describe('An open service', { skip: !api.isOpen && 'the service has authentication' }, () => {
    it('has no upload tokens', async () => {
      await api.refused('route-not-found', '/upload-tokens', json({ user_id: newUser() }));
    });
  });

  const mint = (fields: object): Promise<UploadToken> => api.ask('/upload-tokens', json(fields));
  /** A request with the token instead of the credential of this run. */
  const by = ({ token }: UploadToken, init: RequestInit = {}): RequestInit => {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${token}`);
    return { ...init, headers };
  };
  const grantOf = (fields: object = {}): RequestInit => json({ content_type: 'image/png', ...fields });
  const grantBy = (token: UploadToken, fields: object = {}): Promise<Grant> =>
    api.ask('/uploads', by(token, grantOf(fields)));
  const uploadBy = async (token: UploadToken): Promise<Image> =>
    api.ask('/images/upload', by(token, { ...POST, headers: { 'Content-Type': 'image/png' }, body: await picture() }));

  describe('An upload token', { skip: api.isOpen && 'the service is open' }, () => {
    it('is minted by {user_id} alone: {token: "slu_...", token_id, user_id, expires_at}, for an hour, and no cache keeps it', async () => {
      const user_id = newUser();
      const answer = await api.send('/upload-tokens', json({ user_id }));
      assert.equal(answer.status, 201);
      assert.match(answer.headers.get('cache-control') ?? '', /no-store/);
      const minted = (await answer.json()) as UploadToken;
      assert.deepEqual(Object.keys(minted).toSorted(), ['expires_at', 'token', 'token_id', 'user_id']);
      assert.match(minted.token, /^slu_[\w-]+\.[\w-]{43}$/);
      assert.equal(minted.user_id, user_id);
      const seconds = (Date.parse(minted.expires_at) - Date.parse(answer.headers.get('date') ?? '')) / 1000;
      assert.ok(Math.abs(seconds - 3_600) <= 60, `${seconds} s`);
      assert.notEqual((await mint({ user_id })).token_id, minted.token_id);
    });

    it('lives for expires_in seconds, from 60 to 86,400', async () => {
      const user_id = newUser();
      for (const expires_in of [60, 86_400]) {
        const left = Date.parse((await mint({ user_id, expires_in })).expires_at) - Date.now();
        assert.ok(Math.abs(left / 1000 - expires_in) <= 50, `${left} ms`);
      }
      for (const expires_in of [59, 86_401, 60.5, '60', 0])
        await api.refused('invalid-request', '/upload-tokens', json({ user_id, expires_in }), 'expires_in');
    });

    it('is minted with known fields and valid values only, and for a user', async () => {
      const user_id = newUser();
      for (const [field, values] of Object.entries({
        max_bytes: [0, -1, 1.5, '5'],
        max_images: [0, 1.5, 10_001],
        content_types: [[], 'image/png', [7]],
        tags: ['x', [1]],
        metadata: ['x', []],
        visibility: ['hidden', 1],
      }))
        for (const value of values)
          await api.refused('invalid-request', '/upload-tokens', json({ user_id, [field]: value }), field);
      await api.refused('unsupported-type', '/upload-tokens', json({ user_id, content_types: ['image/bmp'] }));
      await api.refused('invalid-request', '/upload-tokens', json({ user_id, max_size: 1 }));
      await api.refused('invalid-request', '/upload-tokens', json({ user_id, metadata: { long: 'x'.repeat(4_000) } }));
      await api.refused('invalid-request', '/upload-tokens', json({}), 'user_id');
    });

    it('permits grant, upload, complete and the state of its images', async () => {
      const token = await mint({ user_id: newUser() });
      const grant = await grantBy(token);
      const pending = await api.ask<Image>(`/images/${grant.image_id}/metadata`, by(token));
      assert.deepEqual([pending.status, pending.user_id], ['pending', token.user_id]);
      await putGood(grant, await picture());
      const image = await api.ask<Image>(`/images/${grant.image_id}/complete`, by(token, POST));
      assert.deepEqual([image.status, image.user_id], ['ready', token.user_id]);
      assert.equal((await api.ask<Image>(`/images/${grant.image_id}/metadata`, by(token))).status, 'ready');
      assert.equal((await uploadBy(token)).user_id, token.user_id);
    });

    it('permits every form of upload', async () => {
      const token = await mint({ user_id: newUser() });
      for (const [form, sending] of Object.entries(FORMS)) {
        const [path, init] = sending({ bytes: await picture() });
        const { image_id } = await api.ask<{ image_id: string }>(path, by(token, init));
        assert.equal((await api.metadata(image_id)).user_id, token.user_id, form);
      }
      const uploads = [{ content_type: 'image/png' }, { content_type: 'image/jpeg' }];
      const { count } = await api.ask<{ count: number }>('/images/uploads', by(token, json({ uploads })));
      assert.equal(count, 2);
    });

    it('permits nothing else: 403 missing-scope', async () => {
      const token = await mint({ user_id: newUser() });
      const { image_id } = await uploadBy(token);
      const before = await api.metadata(image_id);
      for (const [path, init] of REFUSED)
        await api.refused('missing-scope', `/images/${image_id}${path}`, by(token, init));
      for (const [path, init] of [
        ['/images', {}],
        ['/images/delete', json({ image_ids: [image_id] })],
        ['/images/trash', json({ image_ids: [image_id] })],
        ['/render-urls', json({ renders: [{ image_id, w: 10 }] })],
        ['/upload-tokens', json({})],
      ] as const)
        await api.refused('missing-scope', path, by(token, init));
      assert.deepEqual(await api.metadata(image_id), before);
    });

    it("sees no image that no token of its minter uploaded for its user: the 404 of an absent one, also for its user's", async () => {
      const user_id = newUser();
      const token = await mint({ user_id });
      const hidden = [
        (await api.upload(user_id, await picture())).image_id,
        (await api.grant({ user_id })).image_id,
        (await grantBy(await mint({ user_id: newUser() }))).image_id,
        (await api.upload(newUser(), await picture())).image_id,
        crypto.randomUUID(),
      ];
      for (const id of hidden) {
        await api.refused('image-not-found', `/images/${id}/metadata`, by(token));
        await api.refused('image-not-found', `/images/${id}/complete`, by(token, POST));
      }
      const { image_id } = await grantBy(token);
      const later = await mint({ user_id });
      assert.equal((await api.ask<Image>(`/images/${image_id}/metadata`, by(later))).status, 'pending');
    });

    it('sees no upload by a token of another minter for the same user', {
      skip: !api.asAdmin && 'this run has no admin',
    }, async () => {
      const { asAdmin = assert.fail() } = api;
      const user_id = newUser();
      const [token, foreign] = [
        await mint({ user_id }),
        await asAdmin.ask<UploadToken>('/upload-tokens', json({ user_id })),
      ];
      for (const [uploader, other] of [
        [token, foreign],
        [foreign, token],
      ] as const) {
        const { image_id } = await grantBy(uploader);
        await api.refused('image-not-found', `/images/${image_id}/metadata`, by(other));
        await api.refused('image-not-found', `/images/${image_id}/complete`, by(other, POST));
        assert.equal((await api.ask<Image>(`/images/${image_id}/metadata`, by(uploader))).status, 'pending');
      }
    });

    it('continues what a former token of the same minter and user began', async () => {
      const user_id = newUser();
      const grant = await grantBy(await mint({ user_id }));
      await putGood(grant, await picture());
      const fresh = await mint({ user_id });
      const image = await api.ask<Image>(`/images/${grant.image_id}/complete`, by(fresh, POST));
      assert.deepEqual([image.status, image.user_id], ['ready', user_id]);
      assert.equal((await api.ask<Image>(`/images/${grant.image_id}/metadata`, by(fresh))).status, 'ready');
    });

    it('uploads for its user only', async () => {
      const token = await mint({ user_id: newUser() });
      assert.ok(await grantBy(token, { user_id: token.user_id }));
      await api.refused('forbidden', '/uploads', by(token, grantOf({ user_id: newUser() })));
      await api.refused(
        'forbidden',
        '/uploads',
        by(token, json({ content_type: 'image/png' }, { 'X-User-Id': newUser() })),
      );
    });

    it('fixes tags, metadata and visibility: an upload may repeat them, and another value is 400', async () => {
      const fixed = { tags: ['one', 'two'], metadata: { album: { year: 2026 } }, visibility: 'public' };
      const token = await mint({ user_id: newUser(), ...fixed });
      for (const fields of [{}, fixed, { tags: fixed.tags }]) {
        const { image_id } = await grantBy(token, fields);
        const { tags, metadata, visibility } = await api.metadata(image_id);
        assert.deepEqual({ tags, metadata, visibility }, fixed);
      }
      const image = await uploadBy(token);
      assert.deepEqual([image.tags, image.metadata, image.visibility], [fixed.tags, fixed.metadata, fixed.visibility]);
      for (const [field, value] of Object.entries({
        tags: ['one'],
        metadata: { album: { year: 2027 } },
        visibility: 'private',
      })) {
        await api.refused('invalid-request', '/uploads', by(token, grantOf({ [field]: value })), field);
        for (const sending of Object.values(FORMS)) {
          const [path, init] = sending({ bytes: await picture(), [field]: value });
          await api.refused('invalid-request', path, by(token, init), field);
        }
      }
    });

    it('leaves the fields to the upload that it does not fix', async () => {
      const token = await mint({ user_id: newUser(), tags: ['fixed'] });
      const { image_id } = await grantBy(token, { metadata: { a: 1 }, visibility: 'public', filename: 'mine.png' });
      const { tags, metadata, visibility, filename } = await api.metadata(image_id);
      assert.deepEqual([tags, metadata, visibility, filename], [['fixed'], { a: 1 }, 'public', 'mine.png']);
    });

    it('permits its content_types only', async () => {
      const token = await mint({ user_id: newUser(), content_types: ['image/jpeg', 'image/webp'] });
      assert.ok(await grantBy(token, { content_type: 'image/webp' }));
      await api.refused('invalid-request', '/uploads', by(token, grantOf()), 'content_type');
      for (const sending of Object.values(FORMS)) {
        const [path, init] = sending({ bytes: await picture() });
        await api.refused('invalid-request', path, by(token, init), 'content_type');
      }
    });

    it('permits max_bytes of each image, in the grant, in a direct upload and at finalize', async () => {
      const small = await picture();
      const token = await mint({ user_id: newUser(), max_bytes: small.length });
      const [grant, past] = [await grantBy(token), await grantBy(token)];
      assert.equal(grant.max_size, small.length);
      await putGood(grant, small);
      assert.equal((await api.ask<Image>(`/images/${grant.image_id}/complete`, by(token, POST))).status, 'ready');

      const large = await pictureOfSize(small.length + 1_000);
      await put(past, large); // the store may refuse it, or leave the refusal to finalize
      const completed = await api.send(`/images/${past.image_id}/complete`, by(token, POST));
      const { code } = (await completed.json()) as { code: string };
      assert.ok(['upload-too-large', 'upload-missing'].includes(code), code);
      assert.notEqual((await api.metadata(past.image_id)).status, 'ready');

      const direct = { ...POST, headers: { 'Content-Type': 'image/png' }, body: large };
      await api.refused('upload-too-large', '/images/upload', by(token, direct));
      const promised = await api.send('/uploads', by(token, grantOf({ size: large.length })));
      assert.deepEqual([promised.status, /size/.test(await promised.text())], [400, true]);
    });

    it('permits exactly max_images uploads, also at once; then 403 upload-token-used-up', async () => {
      const token = await mint({ user_id: newUser(), max_images: 3 });
      const sent = Array.from({ length: 8 }, async (_, index) => {
        const direct = { ...POST, headers: { 'Content-Type': 'image/png' }, body: await picture() };
        const answer = await (index % 2
          ? api.send('/uploads', by(token, grantOf()))
          : api.send('/images/upload', by(token, direct)));
        if (answer.ok) return true;
        await requireProblem(answer, 'upload-token-used-up');
        return false;
      });
      assert.equal((await Promise.all(sent)).filter((isDone) => isDone).length, 3);
      await api.refused('upload-token-used-up', '/uploads', by(token, grantOf()));
      for (const sending of Object.values(GRANT_FORMS)) {
        const [path, init] = sending({});
        await api.refused('upload-token-used-up', path, by(token, init));
      }
    });

    it('is refused before the body is looked at once it is used up, in every direct form; a repeated upload is answered', async () => {
      for (const [form, sending] of Object.entries(DIRECT_FORMS)) {
        const token = await mint({ user_id: newUser(), max_images: 1 });
        const [path, init] = sending({ bytes: await picture() });
        const keyed = (key: string, of: RequestInit): RequestInit => {
          const headers = new Headers(of.headers);
          headers.set('Idempotency-Key', key);
          return by(token, { ...of, headers });
        };
        const uploaded = await api.ask<Image>(path, keyed(form, init));
        const type = new Headers(init.headers).get('content-type') ?? 'multipart/form-data; boundary=x';
        const malformed = { ...POST, headers: { 'Content-Type': type }, body: '{' };
        for (const refused of [by(token, malformed), keyed(`unknown ${form}`, malformed)])
          await api.refused('upload-token-used-up', path, refused);
        const again = await api.ask<Image>(path, keyed(form, init));
        assert.equal(again.image_id, uploaded.image_id);
      }
    });

    it('shares Idempotency-Keys with tokens of its minter and user alone: one image, counted once', async () => {
      const user_id = newUser();
      const [one, fresh, other] = [
        await mint({ user_id, max_images: 1 }),
        await mint({ user_id, max_images: 1 }),
        await mint({ user_id: newUser() }),
      ];
      const repeated = json({ content_type: 'image/png' }, { 'Idempotency-Key': 'the same' });
      const [first, second, third, foreign] = [
        await api.ask<Grant>('/uploads', by(one, repeated)),
        await api.ask<Grant>('/uploads', by(one, repeated)),
        await api.ask<Grant>('/uploads', by(fresh, repeated)),
        await api.ask<Grant>('/uploads', by(other, repeated)),
      ];
      assert.deepEqual([second.image_id, third.image_id], [first.image_id, first.image_id]);
      assert.notEqual((await grantBy(fresh)).image_id, first.image_id, 'a replay counts nothing');
      const service = await api.ask<Grant>(
        '/uploads',
        json({ user_id, content_type: 'image/png' }, { 'Idempotency-Key': 'the same' }),
      );
      assert.equal(new Set([first, foreign, service].map(({ image_id }) => image_id)).size, 3);
    });

    it('makes one image when two tokens ask with one Idempotency-Key at once', async () => {
      const user_id = newUser();
      const tokens = await Promise.all([mint({ user_id }), mint({ user_id })]);
      const repeated = json({ content_type: 'image/png' }, { 'Idempotency-Key': 'at once' });
      const [one, other] = await Promise.all(tokens.map((token) => api.ask<Grant>('/uploads', by(token, repeated))));
      assert.equal(one?.image_id, other?.image_id);
    });

    it('fixes an external id: an upload may repeat it, and another one is 400', async () => {
      const token = await mint({ user_id: newUser(), external_id: 'avatar' });
      for (const other of ['Avatar', 'avatar2']) {
        await api.refused('invalid-request', '/uploads', by(token, grantOf({ external_id: other })), 'external_id');
        for (const sending of Object.values(FORMS)) {
          const [path, init] = sending({ bytes: await picture(), externalId: other });
          await api.refused('invalid-request', path, by(token, init), 'external_id');
        }
      }
      assert.equal((await uploadBy(token)).external_id, 'avatar');
      await api.refused('external-id-taken', '/uploads', by(token, grantOf({ external_id: 'avatar' })));
    });

    it('replaces nothing unless it fixes what: 403 missing-scope, whether or not the image is there', async () => {
      const user_id = newUser();
      const image = await api.upload(user_id, await picture(), { externalId: 'avatar' });
      const content = { method: 'PUT', headers: { 'Content-Type': 'image/png' }, body: await picture({ width: 31 }) };
      for (const token of [await mint({ user_id }), await mint({ user_id, external_id: 'avatar' })]) {
        for (const id of [image.image_id, crypto.randomUUID()]) {
          await api.refused('missing-scope', `/images/${id}/content`, by(token, content));
          await api.refused('missing-scope', '/uploads', by(token, grantOf({ replaces: id })));
        }
        const named = { external_id: 'avatar', if_exists: 'replace' };
        await api.refused('missing-scope', '/uploads', by(token, grantOf(named)));
      }
      const free = { external_id: 'nobody', if_exists: 'replace' };
      await api.refused('missing-scope', '/uploads', by(await mint({ user_id }), grantOf(free)));
      assert.equal((await api.metadata(image.image_id)).sha256, image.sha256);
    });

    it('that fixes what it replaces gives that image other bytes, and no other', async () => {
      const user_id = newUser();
      const image = await api.upload(user_id, await picture(), { externalId: 'avatar', tags: ['face'] });
      const other = await api.upload(user_id, await picture());
      const strange = await api.upload(newUser(), await picture());
      const fixes = [{ replaces: image.image_id }, { external_id: 'avatar', if_exists: 'replace' }];
      for (const [index, fixed] of fixes.entries()) {
        const token = await mint({ user_id, ...fixed });
        const content = { method: 'PUT', headers: { 'Content-Type': 'image/png' } };
        const bytes = await picture({ width: 32 + index });
        const answered = await api.ask<Image>(
          `/images/${image.image_id}/content`,
          by(token, { ...content, body: bytes }),
        );
        assert.deepEqual([answered.image_id, answered.width], [image.image_id, 32 + index]);
        for (const { image_id } of [other, strange])
          await api.refused('image-not-found', `/images/${image_id}/content`, by(token, { ...content, body: bytes }));

        const grant = await grantBy(token);
        assert.equal(grant.replaces, image.image_id);
        await putGood(grant, await picture({ width: 42 + index }));
        const completed = await api.ask<Image>(`/images/${grant.image_id}/complete`, by(token, POST));
        assert.deepEqual([completed.image_id, completed.width], [image.image_id, 42 + index]);
        assert.equal((await uploadBy(token)).image_id, image.image_id, 'by any form of upload');
      }
      for (const { image_id, sha256 } of [other, strange]) assert.equal((await api.metadata(image_id)).sha256, sha256);
    });

    it('is told of the image that it replaces what the bytes are, and nothing that was said about it', async () => {
      const user_id = newUser();
      const said = { filename: 'secret.png', tags: ['secret'], description: 'secret', metadata: { a: 'secret' } };
      const { image_id } = await api.upload(user_id, await picture(), { ...said, externalId: 'secret' });
      const token = await mint({ user_id, replaces: image_id });
      const grant = await grantBy(token);
      const pending = await api.send(`/images/${grant.image_id}/metadata`, by(token));
      await putGood(grant, await picture({ width: 34 }));
      const completed = await api.send(`/images/${grant.image_id}/complete`, by(token, POST));
      for (const answer of [pending, completed]) {
        assert.equal(answer.status, 200);
        assert.doesNotMatch(await answer.text(), /secret|renditions\//);
      }
      await api.refused('image-not-found', `/images/${image_id}/metadata`, by(token));
      const { filename, tags, description, metadata, width } = await api.metadata(image_id);
      assert.deepEqual({ filename, tags, description, metadata, width }, { ...said, width: 34 });
    });

    it('that replaces an image is minted for one of its user, with nothing fixed that the image keeps', async () => {
      const user_id = newUser();
      const { image_id } = await api.upload(user_id, await picture());
      for (const replaces of [crypto.randomUUID(), 'avatar'])
        await api.refused('image-not-found', '/upload-tokens', json({ user_id, replaces }));
      await api.refused('image-not-found', '/upload-tokens', json({ user_id: newUser(), replaces: image_id }));
      for (const [field, value] of Object.entries({ tags: [], metadata: {}, visibility: 'private', external_id: 'a' }))
        await api.refused(
          'invalid-request',
          '/upload-tokens',
          json({ user_id, replaces: image_id, [field]: value }),
          field,
        );
      await api.refused('invalid-request', '/upload-tokens', json({ user_id, if_exists: 'replace' }), 'if_exists');
    });

    it('that replaces is minted with images:write: 403 missing-scope without', {
      skip: !api.asAdmin && 'this run has no admin',
    }, async () => {
      const { asAdmin = assert.fail() } = api;
      const owner = newUser();
      const { image_id } = await api.upload(owner, await picture());
      const { key } = await asAdmin.ask<{ key: string }>(
        '/keys',
        json({ name: 'uploads', owner, scopes: ['images:upload'] }),
      );
      const headers = { Authorization: `Bearer ${key}` };
      for (const fixed of [{ replaces: image_id }, { external_id: 'avatar', if_exists: 'replace' }])
        await api.refused('missing-scope', '/upload-tokens', json(fixed, headers));
      assert.ok(await api.ask('/upload-tokens', json({ external_id: 'avatar' }, headers)));
    });

    it('is a 401 like any other credential after one changed character', async () => {
      const { token } = await mint({ user_id: newUser() });
      const at = Math.floor(token.length / 2);
      const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
      for (const text of [changed, token.slice(0, -1), `${token}A`, token.toUpperCase()])
        await api.refused('unauthenticated', '/uploads', {
          ...grantOf(),
          headers: { Authorization: `Bearer ${text}` },
        });
    });
  });
};
