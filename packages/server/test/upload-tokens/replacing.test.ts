import assert from 'node:assert/strict';
import { it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { parseImageId } from '../../src/domain/image/image-id.ts';
import { type CreateGated, onEachStore } from '../gates/on-each-store.ts';
import { always, createTestGate, LATER, PASS, type TestGate } from '../gates/test-gate.ts';
import { type ClosedService, closedBy } from '../services/closed-service.ts';
import { json } from '../services/service.ts';
import { type Answered, FORMS, mint, refusal, SENT_BYTES, told } from './token-client.ts';

const pngOf = async (width: number) => new Uint8Array(await testImage({ type: 'image/png', width, height: 20 }));
const [FIRST, SECOND, THIRD] = [await pngOf(21), await pngOf(22), await pngOf(23)];

const ABSENT = '01a1f82b-80d8-703c-9c86-1b8ba42038d1';
/** What stands nowhere but in what ada says about her picture. */
const SAID = {
  filename: 'SecretName.png',
  tags: ['secret-tag'],
  description: 'SecretText',
  metadata: { note: 'SecretNote' },
};
const SECRETS = ['SecretName', 'secret-tag', 'SecretText', 'SecretNote', 'secret-id', '/renditions/', 's3:'];
const AVATAR = { external_id: 'avatar', if_exists: 'replace' };
const HIDDEN = [404, 'image-not-found', undefined];
const NO_RIGHT = [403, 'missing-scope', undefined];

onEachStore(describeReplacingTokens);

interface Stage extends ClosedService {
  readonly ada: string;
  readonly backend: string;
  /** The id of a ready picture of that user. */
  upload(fields?: object, user?: string): Promise<string>;
  tokenOf(fields: object): Promise<string>;
  content(credential: string, id: string, body?: Uint8Array<ArrayBuffer>, headers?: object): Promise<Response>;
  sizeOf(id: string): Promise<number>;
}

function describeReplacingTokens(create: CreateGated): void {
  async function createStage(gates: readonly TestGate[] = []): Promise<Stage> {
    const gated = await create(gates, { environment: { AUTH: 'api-key', RATE_LIMITS: 'off' } });
    const service = await closedBy(gated, gated.clock);
    const [ada, backend] = [await service.keyOf({ owner: 'ada' }), await service.keyOf({ actsAs: 'everyone' })];
    return {
      ...service,
      ada,
      backend,
      async upload({ metadata, ...fields }: { metadata?: object } = {}, user = 'ada') {
        const form = new FormData();
        for (const [name, value] of Object.entries({ user_id: user, ...fields })) form.set(name, String(value));
        if (metadata) form.set('metadata', JSON.stringify(metadata));
        form.set('file', new File([FIRST], 'a.png', { type: 'image/png' }));
        const { status, body } = await told(service.as(backend, '/images', { method: 'POST', body: form }));
        assert.equal(status, 201, JSON.stringify(body));
        return body.image_id;
      },
      tokenOf: async (fields) => (await mint(service, backend, { user_id: 'ada', ...fields })).token,
      content: (credential, id, body = SECOND, headers = {}) =>
        service.as(credential, `/images/${id}/content`, {
          method: 'PUT',
          body,
          headers: { 'Content-Type': 'image/png', ...headers },
        }),
      sizeOf: async (id) => Number((await told(service.as(ada, `/images/${id}/metadata`))).body['size']),
    };
  }

  interface Granted {
    readonly image_id: string;
    readonly upload_url: string;
    readonly headers: Record<string, string>;
  }
  async function granted(stage: Stage, token: string, fields: object = {}): Promise<Granted> {
    const { status, body } = await told(stage.as(token, '/uploads', json({ content_type: 'image/png', ...fields })));
    assert.equal(status, 201, JSON.stringify(body));
    return body as unknown as Granted;
  }
  const put = (stage: Stage, { upload_url, headers }: Granted, body = SECOND) =>
    stage.send(upload_url, { method: 'PUT', headers, body });
  const complete = (stage: Stage, token: string, { image_id }: Granted) =>
    stage.as(token, `/images/${image_id}/complete`, { method: 'POST' });
  /** Fails if an answer says what only the owner may know. */
  async function secretless(response: Promise<Response>): Promise<Answered> {
    const answer = await response;
    const text = await answer.text();
    assert.deepEqual(
      SECRETS.filter((secret) => text.includes(secret)),
      [],
      text,
    );
    return { http: answer.status, ...JSON.parse(text) } as unknown as Answered;
  }

  it('replaces the image that the token fixes, in every form of upload', async () => {
    await using stage = await createStage();
    const id = await stage.upload({ external_id: 'avatar' });
    const other = await stage.upload();
    const fixes = { 'its id': { replaces: id.toUpperCase() }, 'its external id': AVATAR };
    for (const [fix, fields] of Object.entries(fixes)) {
      const token = await stage.tokenOf(fields);
      for (const [name, { isDirect, request }] of Object.entries(FORMS)) {
        const [path, init] = request({});
        const { status, body } = await told(stage.as(token, path, init));
        assert.ok(status === 200 || status === 201, `${fix}, ${name}: ${JSON.stringify(body)}`);
        const record = await stage.services.images.get(parseImageId(body.image_id) ?? assert.fail());
        if (isDirect) assert.equal(body.image_id, id, `${fix}, ${name}`);
        else assert.equal(record && 'replaces' in record && record.replaces?.imageId, id, `${fix}, ${name}`);
      }
      const given = await told(stage.content(token, id));
      assert.deepEqual([given.status, given.body.image_id], [200, id]);
      assert.deepEqual(await refusal(stage.content(token, other)), HIDDEN);
    }
    assert.equal(await stage.sizeOf(id), SECOND.length);
    assert.equal(await stage.sizeOf(other), FIRST.length);
  });

  it('refuses what a token does not fix, in every form of upload', async () => {
    await using stage = await createStage();
    const id = await stage.upload({ external_id: 'avatar' });
    const [byId, byName] = [await stage.tokenOf({ replaces: id }), await stage.tokenOf(AVATAR)];
    for (const [name, { request }] of Object.entries(FORMS)) {
      for (const said of [{ external_id: 'avatar' }, { tags: ['x'] }, { visibility: 'private' }]) {
        const [path, init] = request(said);
        const pointer = `/${Object.keys(said)[0]}`;
        assert.deepEqual(await refusal(stage.as(byId, path, init)), [400, 'invalid-request', pointer], name);
      }
      for (const external_id of ['Avatar', 'avatar2', 'a\u0301vatar']) {
        const [path, init] = request({ external_id });
        assert.deepEqual(await refusal(stage.as(byName, path, init)), [400, 'invalid-request', '/external_id'], name);
      }
    }
    const asks = (token: string, fields: object) =>
      refusal(stage.as(token, '/uploads', json({ content_type: 'image/png', ...fields })));
    const other = await stage.upload({ external_id: 'other' });
    assert.deepEqual(await asks(byId, { replaces: other }), [400, 'invalid-request', '/replaces']);
    assert.deepEqual(await asks(byName, { replaces: other }), HIDDEN);
    assert.deepEqual(await asks(byName, { replaces: ABSENT }), HIDDEN);
    assert.deepEqual(await asks(byId, { if_exists: 'Replace' }), [400, 'invalid-request', '/if_exists']);
    assert.deepEqual(await asks(byId, { user_id: 'bob' }), [403, 'forbidden', undefined]);
    assert.equal(await stage.sizeOf(other), FIRST.length);
  });

  it('replaces nothing by a token without a fix, whatever it asks, and whether or not the image is there', async () => {
    await using stage = await createStage();
    const id = await stage.upload({ external_id: 'avatar' });
    const uploader = await stage.keyOf({ owner: 'ada', scopes: ['images:upload'] });
    for (const token of [
      await stage.tokenOf({}),
      await stage.tokenOf({ tags: ['face'] }),
      await stage.tokenOf({ external_id: 'avatar' }),
      uploader,
    ]) {
      const asks = (fields: object) =>
        refusal(stage.as(token, '/uploads', json({ content_type: 'image/png', tags: ['face'], ...fields })));
      assert.deepEqual(await asks(AVATAR), NO_RIGHT);
      assert.deepEqual(await asks({ replaces: id, tags: null }), NO_RIGHT);
      const form = new FormData();
      for (const [name, value] of Object.entries(AVATAR)) form.set(name, value);
      form.set('tags', 'face');
      form.set('file', new File([SECOND], 'a.png', { type: 'image/png' }));
      assert.deepEqual(await refusal(stage.as(token, '/images', { method: 'POST', body: form })), NO_RIGHT);
      assert.deepEqual(await refusal(stage.content(token, id)), NO_RIGHT);
    }
    const token = await stage.tokenOf({});
    const absent = json({ content_type: 'image/png', ...AVATAR, external_id: 'nobody' });
    assert.deepEqual(await refusal(stage.as(token, '/uploads', absent)), NO_RIGHT);
    assert.equal(await stage.sizeOf(id), FIRST.length);
  });

  it('makes an image at first by an external id, which the token knows as its own, and replaces its bytes then', async () => {
    await using stage = await createStage();
    const token = await stage.tokenOf({ ...AVATAR, tags: ['face'] });
    const send = async (bytes: Uint8Array<ArrayBuffer>) => {
      const form = new FormData();
      form.set('file', new File([bytes], 'a.png', { type: 'image/png' }));
      const { status, body } = await told(stage.as(token, '/images', { method: 'POST', body: form }));
      assert.equal(status, 201, JSON.stringify(body));
      return body;
    };
    const first = await send(FIRST);
    const second = await send(SECOND);
    assert.deepEqual(
      [second.image_id, second['size'], second['tags'], second['external_id']],
      [first.image_id, SECOND.length, ['face'], 'avatar'],
    );
    assert.equal((await stage.as(token, `/images/${first.image_id}/metadata`)).status, 200);
  });

  it('tells nothing that was said about the picture, by a grant or directly', async () => {
    await using stage = await createStage();
    const id = await stage.upload({ ...SAID, external_id: 'secret-id' });
    const before = (await told(stage.as(stage.ada, `/images/${id}/metadata`))).body;
    const token = await stage.tokenOf({ replaces: id });
    const upload = await granted(stage, token);
    await secretless(stage.as(token, `/images/${upload.image_id}/metadata`));
    assert.equal((await put(stage, upload)).status, 200);
    const completed = await secretless(complete(stage, token, upload));
    assert.deepEqual(
      [completed['http'], completed.image_id, completed['status'], completed['size'], completed['tags']],
      [200, id, 'ready', SECOND.length, []],
    );
    const after = (await told(stage.as(stage.ada, `/images/${id}/metadata`))).body;
    assert.deepEqual([completed['renditions'], completed['sha256'], completed['facts']], [{}, null, null]);
    for (const name of ['revision', 'width', 'height', 'content_type', 'updated_at', 'placeholder', 'dominant_color'])
      assert.deepEqual(completed[name], after[name], name);
    for (const name of ['filename', 'tags', 'description', 'metadata', 'visibility', 'external_id'])
      assert.deepEqual(after[name], before[name], name);
    assert.equal((await secretless(complete(stage, token, upload))).image_id, id, 'a repeated request');
    const direct = await secretless(stage.content(token, id, THIRD, { 'Idempotency-Key': 'once' }));
    assert.deepEqual([direct['http'], direct['width']], [200, 23]);
    assert.deepEqual(await refusal(complete(stage, token, upload)), HIDDEN, 'other bytes came after these');
    assert.deepEqual(await refusal(stage.as(token, `/images/${id}/metadata`)), HIDDEN);
    const byName = await stage.tokenOf({ external_id: 'secret-id', if_exists: 'replace' });
    const [path, init] = FORMS['raw bytes']?.request({}) ?? assert.fail();
    assert.equal((await secretless(stage.as(byName, path, init))).image_id, id);
  });

  it('shows the new bytes of a public picture by URLs that everybody may open', async () => {
    await using stage = await createStage();
    const id = await stage.upload({ ...SAID, visibility: 'public' });
    const token = await stage.tokenOf({ replaces: id });
    const { body } = await told(stage.content(token, id));
    const { thumb = '' } = body['renditions'] as { thumb?: string };
    const { pathname, search } = new URL(thumb);
    assert.match(search, /^\?v=\w+$/);
    const shown = await stage.request(`${pathname}${search}`);
    assert.deepEqual([shown.status, shown.headers.get('content-type')], [200, 'image/png']);
  });

  it('tells nothing of bytes that came after those of a repeated request', async () => {
    await using stage = await createStage();
    const id = await stage.upload();
    const token = await stage.tokenOf({ replaces: id });
    const repeated = () => stage.content(token, id, SECOND, { 'Idempotency-Key': 'once' });
    assert.equal((await repeated()).status, 200);
    assert.equal((await repeated()).status, 200);
    assert.equal((await stage.content(stage.ada, id, THIRD)).status, 200);
    const late = await repeated();
    const text = await late.text();
    assert.deepEqual([late.status, JSON.parse(text).code], [412, 'revision-conflict']);
    assert.ok(!text.includes('"width"') && !text.includes('/renditions/'), text);
    assert.equal(await stage.sizeOf(id), THIRD.length);
  });

  it('tells nothing while a gate holds the bytes', async () => {
    const gate = createTestGate('scan');
    gate.answer = always(PASS);
    await using stage = await createStage([gate]);
    const id = await stage.upload({ ...SAID, external_id: 'secret-id' });
    gate.answer = always(LATER);
    const token = await stage.tokenOf({ replaces: id });
    const upload = await granted(stage, token, { filename: 'mine.png' });
    await put(stage, upload);
    const held = await secretless(complete(stage, token, upload));
    assert.deepEqual([held['http'], held['status'], held['replaces']], [200, 'held', id]);
    await secretless(stage.as(token, `/images/${upload.image_id}/metadata`));
    const direct = await secretless(stage.content(token, id, THIRD));
    assert.deepEqual([direct['http'], direct['status'], direct['replaces']], [200, 'held', id]);
    assert.equal(await stage.sizeOf(id), FIRST.length);
    const { sha256 } = (await told(stage.as(stage.ada, `/images/${upload.image_id}/metadata`))).body;
    const pass = json({ gate: 'scan', sha256, verdict: 'pass' });
    assert.equal((await stage.as(stage.admin, `/images/${upload.image_id}/decision`, pass)).status, 200);
    const ready = await secretless(complete(stage, token, upload));
    assert.deepEqual([ready['http'], ready['status'], ready.image_id], [200, 'ready', id]);
    assert.equal(await stage.sizeOf(id), SECOND.length);
  });

  it('takes the bytes at one revision', async () => {
    await using stage = await createStage();
    const id = await stage.upload();
    const token = await stage.tokenOf({ replaces: id });
    const revision = Number((await told(stage.as(stage.ada, `/images/${id}/metadata`))).body['revision']);
    const stale = await told(stage.content(token, id, SECOND, { 'If-Match': `"${revision + 1}"` }));
    assert.deepEqual([stale.status, stale.body.code], [412, 'revision-conflict']);
    const taken = await stage.content(token, id, SECOND, { 'If-Match': `"${revision}"` });
    const next = Number(/^"(\d+)\./.exec(taken.headers.get('etag') ?? '')?.[1]);
    assert.equal((await stage.content(token, id, THIRD, { 'If-Match': `"${next}"` })).status, 200);
  });

  it('finds nothing while its image is in the trash or deleted, and an upload that was granted before is refused', async () => {
    await using stage = await createStage();
    const id = await stage.upload({ external_id: 'avatar' });
    const [byId, byName] = [await stage.tokenOf({ replaces: id }), await stage.tokenOf(AVATAR)];
    const upload = await granted(stage, byName);
    assert.equal((await stage.as(stage.ada, `/images/${id}/trash`, { method: 'POST' })).status, 200);
    await put(stage, upload);
    assert.deepEqual(await refusal(complete(stage, byName, upload)), [412, 'revision-conflict', undefined]);
    for (const token of [byId, byName]) assert.deepEqual(await refusal(stage.content(token, id)), HIDDEN);
    const direct = FORMS['POST /images']?.request({}) ?? assert.fail();
    assert.deepEqual(await refusal(stage.as(byId, ...direct)), HIDDEN);
    const taken = await told(stage.as(byName, ...direct));
    assert.deepEqual([taken.status, taken.body.code, taken.body['params']], [409, 'external-id-taken', undefined]);

    assert.equal((await stage.as(stage.ada, `/images/${id}/restore`, { method: 'POST' })).status, 200);
    assert.equal((await stage.content(byId, id)).status, 200);
    assert.equal((await stage.as(stage.ada, `/images/${id}`, { method: 'DELETE' })).status, 200);
    for (const token of [byId, byName]) assert.deepEqual(await refusal(stage.content(token, id)), HIDDEN);
    assert.deepEqual(await refusal(stage.as(byId, ...direct)), HIDDEN);
    const made = await told(stage.as(byName, ...direct));
    assert.equal(made.status, 201, 'the external id is free');
    assert.notEqual(made.body.image_id, id);
  });

  it('follows an external id to another image, and leaves the one that had it', async () => {
    await using stage = await createStage();
    const [former, current] = [await stage.upload({ external_id: 'avatar' }), await stage.upload()];
    const token = await stage.tokenOf(AVATAR);
    const name = (id: string, external_id: string | null) =>
      stage.as(stage.ada, `/images/${id}`, { ...json({ external_id }), method: 'PATCH' });
    assert.equal((await stage.content(token, former)).status, 200);
    assert.deepEqual(await refusal(stage.content(token, current)), HIDDEN);
    assert.equal((await name(former, null)).status, 200);
    assert.equal((await name(current, 'avatar')).status, 200);
    assert.deepEqual(await refusal(stage.content(token, former, THIRD)), HIDDEN);
    const [path, init] = FORMS['POST /images']?.request({}) ?? assert.fail();
    assert.equal((await told(stage.as(token, path, init))).body.image_id, current);
    assert.equal(await stage.sizeOf(former), SECOND.length);
    assert.equal(await stage.sizeOf(current), SENT_BYTES);
  });

  it('is bound by max_bytes, content_types and max_images, which is asked before the body is read', async () => {
    await using stage = await createStage();
    const id = await stage.upload();
    const small = await stage.tokenOf({ replaces: id, max_bytes: SECOND.length - 1 });
    assert.deepEqual((await refusal(stage.content(small, id))).slice(0, 2), [400, 'upload-too-large']);
    const typed = await stage.tokenOf({ replaces: id, content_types: ['image/jpeg'] });
    assert.deepEqual(await refusal(stage.content(typed, id)), [400, 'invalid-request', '/content_type']);
    const twice = await stage.tokenOf({ replaces: id, max_images: 2 });
    const keyed = { 'Idempotency-Key': 'one' };
    assert.equal((await stage.content(twice, id, SECOND, keyed)).status, 200);
    assert.equal((await stage.content(twice, id, SECOND, keyed)).status, 200, 'a repeated request');
    await granted(stage, twice);
    let isRead = false;
    const body = new ReadableStream(
      {
        pull(controller) {
          isRead = true;
          controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const init = {
      method: 'PUT',
      body,
      duplex: 'half',
      headers: { 'Content-Type': 'image/png', 'Content-Length': '9' },
    };
    const used = await refusal(stage.as(twice, `/images/${id}/content`, init as RequestInit));
    assert.deepEqual(used, [403, 'upload-token-used-up', undefined]);
    assert.equal(isRead, false);
    assert.equal((await stage.content(twice, id, SECOND, keyed)).status, 200, 'a repeated request');
  });

  it('ends when it expires, and with its minter', async () => {
    await using stage = await createStage();
    const id = await stage.upload();
    const key = await stage.keyOf({ owner: 'ada' });
    const { token } = await mint(stage, key, { replaces: id });
    const { token: other } = await mint(stage, stage.ada, { replaces: id, expires_in: 60 });
    assert.equal((await stage.content(token, id)).status, 200);
    assert.equal((await stage.as(stage.admin, `/keys/${key.split('_')[1]}`, { method: 'DELETE' })).status, 200);
    assert.deepEqual(await refusal(stage.content(token, id, THIRD)), [401, 'unauthenticated', undefined]);
    assert.equal((await stage.content(other, id, THIRD)).status, 200);
    stage.clock.offsetMs += 61_000;
    assert.deepEqual(await refusal(stage.content(other, id)), [401, 'unauthenticated', undefined]);
  });

  it('lends no right to another token of its minter by an Idempotency-Key', async () => {
    await using stage = await createStage();
    const [id, other] = [await stage.upload({ external_id: 'avatar' }), await stage.upload()];
    const [byId, byName, ofOther, plain, named] = [
      await stage.tokenOf({ replaces: id }),
      await stage.tokenOf(AVATAR),
      await stage.tokenOf({ replaces: other }),
      await stage.tokenOf({}),
      await stage.tokenOf({ external_id: 'avatar' }),
    ];
    const CONFLICT = [409, 'idempotency-conflict'];
    const headers = { 'Idempotency-Key': 'one' };
    const direct = FORMS['POST /images']?.request({}, headers) ?? assert.fail();
    assert.equal((await told(stage.as(byId, ...direct))).body.image_id, id);
    for (const token of [ofOther, plain])
      assert.deepEqual((await refusal(stage.as(token, ...direct))).slice(0, 2), CONFLICT);
    assert.equal(await stage.sizeOf(other), FIRST.length);

    const grants = { ...headers, 'Idempotency-Key': 'two' };
    const first = await told(stage.as(byName, '/uploads', json({ content_type: 'image/png', ...AVATAR }, grants)));
    const trashed = await stage.as(stage.ada, `/images/${id}/trash`, { method: 'POST' });
    assert.equal(trashed.status, 200);
    for (const token of [plain, named, ofOther])
      for (const fields of [AVATAR, { external_id: 'avatar' }, {}]) {
        const again = await told(stage.as(token, '/uploads', json({ content_type: 'image/png', ...fields }, grants)));
        assert.ok([400, 403, 404, 409].includes(again.status), JSON.stringify(again.body));
      }
    const again = await told(stage.as(byName, '/uploads', json({ content_type: 'image/png' }, grants)));
    assert.deepEqual(
      [again.status, again.body.image_id],
      [201, first.body.image_id],
      'the same fix by the token alone',
    );
  });

  it('is minted by who may replace the image: a credential with images:write for its owner', async () => {
    await using stage = await createStage();
    const id = await stage.upload();
    const held = await stage.as(stage.ada, '/uploads', json({ content_type: 'image/png' }));
    const { image_id: pending } = (await held.json()) as { image_id: string };
    const uploader = await stage.keyOf({ owner: 'ada', scopes: ['images:upload'] });
    const reader = await stage.keyOf({ owner: 'ada', scopes: ['images:read', 'images:upload'] });
    const token = await stage.tokenOf({ replaces: id });
    const bob = await stage.keyOf({ owner: 'bob' });
    const asked = (credential: string, fields: object) => refusal(stage.as(credential, '/upload-tokens', json(fields)));
    for (const credential of [uploader, reader, token])
      for (const fields of [{ replaces: id }, { replaces: ABSENT }, AVATAR])
        assert.deepEqual(await asked(credential, fields), NO_RIGHT);
    assert.ok(await mint(stage, uploader, { external_id: 'avatar' }));
    for (const replaces of [ABSENT, 'avatar', '__proto__'])
      assert.deepEqual(await asked(stage.ada, { replaces }), HIDDEN);
    assert.deepEqual(await asked(bob, { replaces: id }), HIDDEN);
    for (const credential of [stage.backend, stage.admin]) {
      assert.deepEqual(await asked(credential, { replaces: id, user_id: 'bob' }), HIDDEN);
      assert.deepEqual(await asked(credential, { replaces: id }), [400, 'invalid-request', 'user_id']);
      assert.ok(await mint(stage, credential, { replaces: id, user_id: 'ada' }));
    }
    assert.deepEqual(await asked(stage.ada, { replaces: pending }), [409, 'image-not-ready', undefined]);
    const INVALID = [400, 'invalid-request'];
    for (const [fields, pointer] of [
      [{ replaces: id, tags: ['a'] }, '/tags'],
      [{ replaces: id, metadata: {} }, '/metadata'],
      [{ replaces: id, visibility: 'private' }, '/visibility'],
      [{ replaces: id, ...AVATAR }, '/external_id'],
      [{ if_exists: 'replace' }, '/if_exists'],
      [{ ...AVATAR, if_exists: 'REPLACE' }, '/if_exists'],
      [{ ...AVATAR, external_id: '' }, '/external_id'],
      [{ ...AVATAR, external_id: 'x'.repeat(201) }, '/external_id'],
      [{ replaces: 'x'.repeat(101) }, '/replaces'],
      [{ replaces: [id] }, '/replaces'],
    ] as const)
      assert.deepEqual(await asked(stage.ada, fields), [...INVALID, pointer], JSON.stringify(fields));
    assert.deepEqual((await asked(stage.ada, { upload: AVATAR })).slice(0, 2), INVALID);
    const viewing = stage.as(stage.ada, '/view-tokens', json({ upload: AVATAR }));
    assert.deepEqual((await refusal(viewing)).slice(0, 2), INVALID, 'a view token replaces nothing');
    assert.ok(await mint(stage, stage.ada, { replaces: null, external_id: null, if_exists: null }));
  });
}
