import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { expire, type PendingImage, type ReadyImage, reject } from '../../src/domain/image/image.ts';
import { incomingKey } from '../../src/domain/image/object-key.ts';
import { recordRenditionCrash } from '../../src/domain/image/rendition-failures.ts';
import { presetRenditions } from '../../src/domain/rendition/preset-renditions.ts';
import { repeatsOf } from '../repeats.ts';
import { json, post, type TestService } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';

const jpeg = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));

const { count: ROUNDS } = repeatsOf('changeRaces');

const NOW = new Date('2026-11-20T12:00:00.000Z');
const REASON = { code: 'unsupported-type', detail: 'expected an image' } as const;

interface ImageJson {
  readonly image_id: string;
  readonly status: string;
  readonly tags: string[];
  readonly description: string | null;
  readonly filename: string;
  readonly metadata: object;
  readonly s3_key: string;
  readonly code?: string;
}

const upload = async (service: TestService, query = ''): Promise<ImageJson> =>
  (await service.request(`/images/upload?user_id=u&${query}`, post(jpeg, 'image/jpeg'))).json() as Promise<ImageJson>;
const grant = async (service: TestService) =>
  (await service.request('/images/upload?user_id=u', { method: 'POST' })).json() as Promise<
    ImageJson & { upload_url: string; headers: Record<string, string> }
  >;
const patch = (service: TestService, id: string, body: unknown, headers: Record<string, string> = {}) =>
  service.request(`/images/${id}`, { ...json(body, headers), method: 'PATCH' });
const formOf = (fields: Readonly<Record<string, string>>): FormData => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
};
const list = async (service: TestService, query: string): Promise<{ count: number; pending?: number }> =>
  (await service.request(`/images?limit=1000&${query}`)).json() as Promise<{ count: number; pending?: number }>;
const count = async (service: TestService, query: string): Promise<number> => (await list(service, query)).count;

describe('PATCH', () => {
  it('with a form names its Content-Type', async () => {
    await using service = await createSharingService();
    const { image_id: id } = await upload(service);
    for (const [body, type] of [
      [new URLSearchParams({ tags: 'new' }), 'application/x-www-form-urlencoded'],
      [formOf({ tags: 'new' }), 'multipart/form-data'],
    ] as const) {
      const answer = await service.request(`/images/${id}`, { method: 'PATCH', body });
      const { code, detail } = (await answer.json()) as { code: string; detail: string };
      assert.deepEqual([answer.status, code], [400, 'malformed-body']);
      assert.ok(detail.startsWith(`expected JSON; got a body of the Content-Type ${type}: `), detail);
    }
  });

  it('changes only the given fields on either path, and changes the lists by tag', async () => {
    await using service = await createSharingService();
    const image = await upload(service, 'tags=old&description=d&filename=a.jpg');
    const response = await patch(service, image.image_id, { tags: ['new', 'new'], description: null });
    assert.equal(response.status, 200);
    assert.match(response.headers.get('etag') ?? '', /^"3\.[0-9a-f]{16}"$/, 'pending, ready, changed');
    const changed = (await response.json()) as ImageJson;
    assert.deepEqual(
      { tags: changed.tags, description: changed.description, filename: changed.filename, key: changed.s3_key },
      { tags: ['new'], description: null, filename: 'a.jpg', key: image.s3_key },
    );
    assert.deepEqual([await count(service, 'tag=old'), await count(service, 'tag=new')], [0, 1]);

    const again = await service.request(`/images/${image.image_id}/metadata`, {
      ...json({ filename: 'b.jpg', metadata: { a: 1 }, tags: null }),
      method: 'PATCH',
    });
    const { filename, metadata, tags, s3_key } = (await again.json()) as ImageJson;
    assert.deepEqual(
      { filename, metadata, tags, s3_key },
      { filename: 'b.jpg', metadata: { a: 1 }, tags: [], s3_key: image.s3_key },
    );
    assert.match(
      (await service.request(`/images/${image.image_id}`)).headers.get('content-disposition') ?? '',
      /b\.jpg/,
    );
  });

  it('honours If-Match: a stale revision is 412, the current one succeeds, once', async () => {
    await using service = await createSharingService();
    const { image_id } = await upload(service);
    const etag = (await service.request(`/images/${image_id}/metadata`)).headers.get('etag') ?? '';
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        patch(service, image_id, { description: `${index}` }, { 'If-Match': etag }),
      ),
    );
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, ...Array(9).fill(412)]);
    assert.equal((await patch(service, image_id, {}, { 'If-Match': '3' })).status, 400);
    const unchanged = await patch(service, image_id, {});
    assert.match(unchanged.headers.get('etag') ?? '', /^"3\./, 'expected no new revision for an empty change');
  });

  for (const [body, says] of [
    [{ user_id: 'other' }, /\/user_id: expected one of filename, description, .*, visibility; got \\"user_id\\"/],
    [{ content_type: 'image/png' }, /got \\"content_type\\"/],
    [{ filename: null }, /filename: expected a file name/],
    [{ tags: 'a' }, /expected an array of tags/],
    [[], /expected a JSON object/],
    [null, /expected a JSON object/],
  ] as const) {
    it(`refuses ${JSON.stringify(body)}`, async () => {
      await using service = await createSharingService();
      const { image_id } = await upload(service);
      const response = await patch(service, image_id, body);
      assert.equal(response.status, 400);
      assert.match(await response.text(), says);
    });
  }

  it('is 403 for another user, and 404 after a delete', async () => {
    await using service = await createSharingService();
    const { image_id } = await upload(service);
    assert.equal((await patch(service, image_id, {}, { 'X-User-Id': 'mallory' })).status, 403);
    await service.request(`/images/${image_id}`, { method: 'DELETE' });
    assert.equal((await patch(service, image_id, {})).status, 404);
  });

  it('of an expired or rejected image is 409 and changes nothing', async () => {
    await using service = await createSharingService();
    const { images } = service.services;
    const over = [(one: PendingImage) => expire(one, NOW), (one: PendingImage) => reject(one, REASON, NOW)];
    for (const end of over) {
      const { image_id } = await grant(service);
      const pending = await images.get(image_id as PendingImage['id']);
      assert.ok(pending?.status === 'pending' && (await images.replace(pending, end(pending))));
      const ended = await images.get(pending.id);
      for (const changes of [
        { filename: 'me.jpg' },
        { tags: ['me'] },
        { description: 'me' },
        { metadata: { a: 1 } },
        {},
      ]) {
        const refused = await patch(service, image_id, changes, { 'If-Match': '*' });
        const { code, detail } = (await refused.json()) as { code: string; detail: string };
        const expected = [
          409,
          'image-not-ready',
          `expected a pending or ready image; got one that is ${ended?.status}`,
        ];
        assert.deepEqual([refused.status, code, detail], expected);
      }
      assert.deepEqual(await images.get(pending.id), ended);
      assert.equal((await patch(service, image_id, {}, { 'X-User-Id': 'mallory' })).status, 403);
    }
  });

  it('during the finalize of its upload loses neither the change nor the upload', async () => {
    await using service = await createSharingService();
    for (let round = 0; round < ROUNDS; round++) {
      const one = await grant(service);
      const send = () => service.send(one.upload_url, { method: 'PUT', headers: one.headers, body: jpeg });
      const [put, ...patches] = await Promise.all([
        send(),
        ...[1, 2, 3].map((index) => patch(service, one.image_id, { tags: [`tag${index}`], description: 'patched' })),
      ]);
      assert.deepEqual([put.status, ...patches.map(({ status }) => status)], [200, 200, 200, 200]);
      const image = (await (await service.request(`/images/${one.image_id}/metadata`)).json()) as ImageJson;
      assert.deepEqual([image.status, image.description, image.tags.length], ['ready', 'patched', 1]);
      assert.equal(await count(service, `user_id=u&tag=${image.tags[0]}`), 1 + (await otherRounds(service, image)));
    }
  });

  /** Images of earlier rounds with the same last tag. */
  const otherRounds = async (service: TestService, image: ImageJson): Promise<number> => {
    const list = (await (await service.request('/images?user_id=u&limit=1000')).json()) as { images: ImageJson[] };
    return list.images.filter((one) => one.image_id !== image.image_id && one.tags[0] === image.tags[0]).length;
  };

  it('during a delete succeeds or is 404', async () => {
    await using service = await createSharingService();
    for (let round = 0; round < ROUNDS; round++) {
      const { image_id } = await upload(service, 'tags=a');
      const [patched, deleted] = await Promise.all([
        patch(service, image_id, { tags: ['b'] }),
        service.request(`/images/${image_id}`, { method: 'DELETE' }),
      ]);
      assert.ok([200, 404].includes(patched.status));
      assert.equal(deleted.status, 200);
    }
    assert.deepEqual(
      [await count(service, ''), await count(service, 'tag=a'), await count(service, 'tag=b')],
      [0, 0, 0],
    );
  });
});

describe('waiting for an image', () => {
  it('answers as soon as the image is ready', async () => {
    await using service = await createSharingService();
    const one = await grant(service);
    const waiting = service.request(`/images/${one.image_id}/metadata?wait=20`);
    await service.send(one.upload_url, { method: 'PUT', headers: one.headers, body: jpeg });
    assert.equal(((await (await waiting).json()) as ImageJson).status, 'ready');
  });

  it('answers a pending image after that time, and refuses other times than 0 to 20 seconds', async () => {
    await using service = await createSharingService();
    const one = await grant(service);
    for (const wait of ['', '?wait=0', '?wait=1']) {
      const response = await service.request(`/images/${one.image_id}/metadata${wait}`);
      assert.equal(((await response.json()) as ImageJson).status, 'pending');
    }
    for (const wait of ['21', '-1', 'x', '1.5']) {
      assert.equal((await service.request(`/images/${one.image_id}/metadata?wait=${wait}`)).status, 400);
    }
  });

  it('answers 304 while the JSON is unchanged', async () => {
    await using service = await createSharingService();
    const { image_id } = await upload(service);
    const path = `/images/${image_id}/metadata`;
    const etag = (await service.request(path)).headers.get('etag') ?? '';
    const same = await service.request(path, { headers: { 'If-None-Match': etag } });
    assert.deepEqual([same.status, same.headers.get('cache-control')], [304, 'private, no-cache']);
    await patch(service, image_id, { description: 'x' });
    assert.equal((await service.request(path, { headers: { 'If-None-Match': etag } })).status, 200);
  });
});

describe("the ETag of an image's JSON", () => {
  it('is the same for GET, PATCH and complete', async () => {
    await using service = await createSharingService();
    const { image_id } = await upload(service);
    const changed = await patch(service, image_id, { tags: ['b', 'a'], metadata: { b: 1, 2: [-0, 1e21] } });
    const completed = await service.request(`/images/${image_id}/complete`, { method: 'POST' });
    const read = await service.request(`/images/${image_id}/metadata`);
    const answers = [changed, completed, read];
    assert.deepEqual(
      answers.map(({ status, headers }) => [status, headers.get('etag')]),
      answers.map(() => [200, read.headers.get('etag')]),
    );
    assert.deepEqual(await changed.text(), await read.text());
  });

  it('changes with the presets, the host name and a failed rendition; If-Match accepts each ETag of the revision', async () => {
    const folder = await mkdtempDisposable(join(tmpdir(), 'safelight-'));
    await using _folder = folder;
    const tags: string[] = [];
    /** Expects another ETag than all earlier ones, and keeps it. */
    const readOtherwise = async (ask: (headers: Record<string, string>) => Promise<Response>): Promise<string> => {
      const answer = await ask({ 'If-None-Match': tags.join(', ') });
      assert.equal(answer.status, 200);
      tags.push(answer.headers.get('etag') ?? '');
      assert.equal((await ask({ 'If-None-Match': tags.at(-1) ?? '' })).status, 304);
      return answer.text();
    };
    let path = '';
    {
      await using service = await createSharingService({ folder: folder.path });
      path = `/images/${(await upload(service)).image_id}/metadata`;
      await readOtherwise((headers) => service.request(path, { headers }));
    }

    await using service = await createSharingService({ folder: folder.path, environment: { PRESETS: 'tiny:w=16' } });
    assert.match(await readOtherwise((headers) => service.request(path, { headers })), /renditions\/tiny\?v=/);
    const named = await readOtherwise((headers) => service.send(`http://localhost:8000${path}`, { headers }));
    assert.match(named, /http:\/\/localhost:8000\/images/);

    const { images, imaging, watermarks, settings } = service.services;
    const id = path.split('/')[2] as ReadyImage['id'];
    const ready = await images.get(id);
    const preset = settings.presets.get('tiny');
    assert.ok(ready?.status === 'ready' && preset);
    let failed: ReadyImage = ready;
    for (const { name: rendition } of presetRenditions(ready, preset, { encoder: imaging.encoder, watermarks }))
      for (let count = 0; count < 5; count++)
        failed = recordRenditionCrash(failed, { rendition, detail: 'it died', at: new Date(count * 120_000) });
    assert.ok(await images.replace(ready, failed));
    assert.match(await readOtherwise((headers) => service.request(path, { headers })), /rendition_failures/);

    const revisions = new Set(tags.map((tag) => /^"(\d+)\.[0-9a-f]{16}"$/.exec(tag)?.[1]));
    assert.deepEqual([revisions.size, new Set(tags).size], [1, 4]);
    for (const tag of [...tags, `"${[...revisions][0]}"`])
      assert.equal((await patch(service, id, {}, { 'If-Match': tag })).status, 200, tag);
    assert.equal((await patch(service, id, { tags: ['b'] }, { 'If-Match': tags[0] ?? '' })).status, 200);
    for (const tag of tags) assert.equal((await patch(service, id, {}, { 'If-Match': tag })).status, 412, tag);
  });
});

describe('complete', () => {
  it('is 409 without bytes, 200 with valid bytes, and 400 with the reason on every call for refused bytes', async () => {
    await using service = await createSharingService();
    const [good, bad] = [await grant(service), await grant(service)];
    const complete = (id: string) => service.request(`/images/${id}/complete`, { method: 'POST' });
    const missing = await complete(good.image_id);
    assert.deepEqual([missing.status, ((await missing.json()) as ImageJson).code], [409, 'upload-missing']);

    await service.send(good.upload_url, { method: 'PUT', headers: good.headers, body: jpeg });
    for (const _ of [1, 2]) assert.equal(((await (await complete(good.image_id)).json()) as ImageJson).status, 'ready');

    const html = new Uint8Array(Buffer.from('<html>'));
    await service.send(bad.upload_url, { method: 'PUT', headers: bad.headers, body: html });
    for (const _ of [1, 2]) {
      const refused = await complete(bad.image_id);
      assert.deepEqual([refused.status, ((await refused.json()) as ImageJson).code], [400, 'unsupported-type']);
    }
    assert.equal((await complete('01a1f803-fab2-76af-9766-f778a1c0a763')).status, 404);
  });
});

describe('a list with uploads that arrive without an event', () => {
  const arrive = async (service: TestService, id: string): Promise<void> => {
    const { objects, staging } = service.services;
    await using staged = await staging.stage(Readable.from([jpeg]), { maxBytes: jpeg.length });
    await objects.put(incomingKey('u', id as Parameters<typeof incomingKey>[1]), staged, { contentType: 'image/jpeg' });
  };

  it('first examines the newest pending uploads in its scope, and contains those that it finalizes', async () => {
    await using service = await createSharingService({ environment: { FINALIZE_ON_READ: 'on' } });
    const one = await grant(service);
    assert.equal(await count(service, 'user_id=u'), 0, 'expected the absence not to be cached');
    await arrive(service, one.image_id);
    assert.equal(await count(service, 'user_id=someone-else'), 0);
    assert.equal(await count(service, 'user_id=u'), 1);
  });

  it('ignores them if FINALIZE_ON_READ=off', async () => {
    await using service = await createSharingService({ environment: { FINALIZE_ON_READ: 'off' } });
    const one = await grant(service);
    await arrive(service, one.image_id);
    assert.equal(await count(service, 'user_id=u'), 0);
  });

  it('examines 20 at most', async () => {
    await using service = await createSharingService({ environment: { FINALIZE_ON_READ: 'on' } });
    const grants = [];
    for (let index = 0; index < 22; index++) grants.push(await grant(service));
    for (const { image_id } of grants) await arrive(service, image_id);
    const first = await list(service, 'user_id=u');
    assert.equal(first.count + (first.pending ?? 0), 20);
    while ((await list(service, 'user_id=u')).pending !== undefined);
    assert.equal(await count(service, 'user_id=u'), 22);
  });
});
