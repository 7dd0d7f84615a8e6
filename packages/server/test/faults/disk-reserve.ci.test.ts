import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rm, stat, truncate } from 'node:fs/promises';
import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { paddedPng, testImage } from '../../../../test/pictures/test-images.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import type { Imaging } from '../../src/imaging/imaging.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { maintainRenditions } from '../../src/operations/renditions/maintain-renditions.ts';
import {
  flat,
  isDue,
  LARGE,
  maintain,
  png,
  readyRecord,
  render,
  storedCopies,
  upload,
} from '../renditions/copied-images.ts';
import { environmentOf } from '../services/ceph-service.ts';
import { createCloud, NO_CLOUD } from '../services/cloud.ts';
import { filesBelow } from '../services/files-below.ts';
import { movingClock } from '../services/moving-clock.ts';
import { type RunningService, startService } from '../services/running-service.ts';
import { json } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';
import { CANNOT_MOUNT, fillUp, mountMemory, temporaryFolder } from './file-systems.ts';

const MEGABYTE = 1_048_576;
const small = await testImage({ type: 'image/png', width: 64, height: 48 });
const ofSize = (bytes: number) => new Uint8Array(paddedPng(small, bytes));

const DISK_MEGABYTES = 64;
/** A quarter of the disk. */
const RESERVE_MEGABYTES = 16;

/** The status and, for an error, the code. */
async function told(asked: Promise<Response>): Promise<string> {
  const answer = await asked;
  const text = await answer.text();
  return answer.ok
    ? `${answer.status}`
    : `${answer.status} ${/"code":"([^"]+)"|<Code>(\w+)/.exec(text)?.slice(1).join('')}`;
}

/** A caller of the service, who remembers its images. */
function createCaller({ origin }: Pick<RunningService, 'origin'>) {
  const ids: string[] = [];
  const ask = (path: string, init?: RequestInit) => fetch(new URL(path, origin), init);
  const read = async <Json>(path: string, init?: RequestInit) => (await (await ask(path, init)).json()) as Json;

  async function upload(body: Uint8Array<ArrayBuffer>): Promise<string> {
    const init = { method: 'POST', headers: { 'Content-Type': 'image/png' }, body };
    const answer = await ask('/images/upload?user_id=ada', init);
    if (answer.ok) ids.push(((await answer.clone().json()) as { image_id: string }).image_id);
    return told(Promise.resolve(answer));
  }

  return {
    ids,
    ask,
    read,
    upload,
    grant: (fields: object = {}) =>
      read<Grant>('/uploads', json({ user_id: 'ada', content_type: 'image/png', ...fields })),
    readiness: () => read<object>('/readyz'),

    /** Uploads ever smaller images until none is accepted. */
    async fill(): Promise<void> {
      for (let bytes = 4 * MEGABYTE; bytes >= 16_384; bytes /= 2) {
        const body = ofSize(bytes);
        for (let answer = '200'; answer === '200'; ) {
          answer = await upload(body);
          assert.match(answer, /^200$|^507 insufficient-storage$/);
        }
      }
    },

    async deleteAll(): Promise<void> {
      for (const id of ids.splice(0)) assert.equal(await told(ask(`/images/${id}`, { method: 'DELETE' })), '200');
    },
  };
}

interface Grant {
  readonly image: { readonly image_id: string };
  readonly upload_url: string;
  readonly headers: Record<string, string>;
  readonly fields: Record<string, string>;
}

const FULL = '507 insufficient-storage';

/** Another program takes the disk of the folder but for this many bytes. */
async function takeAllBut(folder: string, bytes: number): Promise<void> {
  const ballast = join(folder, 'ballast');
  fillUp(ballast);
  await truncate(ballast, (await stat(ballast)).size - bytes);
}

async function startOnSmallDisk(environment: Record<string, string> = {}) {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const data = join(folder.path, 'data');
  stack.use(await mountMemory(data, DISK_MEGABYTES));
  const service = stack.use(await startService({ LOG_FORMAT: 'json', ...environment }, folder.path));
  const caller = createCaller(service);
  const held = stack.move();
  return {
    service,
    caller,
    data,
    takeAllBut: (bytes: number) => takeAllBut(data, bytes),
    /** The events about the space of the disk, in the log. */
    events: () => [...service.output().matchAll(/"event":"(disk-space-\w+)"/g)].map(([, event]) => event),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

describe('a disk that a caller fills', { skip: CANNOT_MOUNT }, () => {
  it('keeps its reserve, for everything but uploads and links; deleting all makes it as good as new', async () => {
    await using disk = await startOnSmallDisk();
    const { caller, data } = disk;
    const [put, form] = [await caller.grant(), await caller.grant({ method: 'POST' })];
    await caller.fill();
    const [id = '', other = ''] = caller.ids;
    const free = DISK_MEGABYTES * MEGABYTE - (await usedBytes(data));
    assert.ok(free > (RESERVE_MEGABYTES - 1) * MEGABYTE, `${free} bytes are free`);

    // What adds bytes is refused, however it is sent.
    const body = ofSize(65_536);
    const data64 = `data:image/png;base64,${Buffer.from(body).toString('base64')}`;
    const fields = new FormData();
    fields.set('file', new File([body], 'a.png', { type: 'image/png' }));
    const signedForm = new FormData();
    for (const [name, value] of Object.entries(form.fields)) signedForm.set(name, value);
    signedForm.set('file', new File([body], 'a.png', { type: 'image/png' }));
    const grants = await caller.read<{ results: { error: { code: string } }[] }>(
      '/images/uploads',
      json({ user_id: 'ada', uploads: [{ content_type: 'image/png', size: 65_536 }] }),
    );
    assert.deepEqual(
      {
        grant: await told(caller.ask('/uploads', json({ user_id: 'ada', content_type: 'image/png', size: 65_536 }))),
        batch: grants.results.map(({ error }) => error.code),
        raw: await caller.upload(body),
        form: await told(caller.ask('/images?user_id=ada', { method: 'POST', body: fields })),
        base64: await told(caller.ask('/images/upload', json({ user_id: 'ada', file: data64 }))),
        put: await told(caller.ask(put.upload_url, { method: 'PUT', headers: put.headers, body })),
        post: await told(caller.ask(form.upload_url, { method: 'POST', body: signedForm })),
      },
      {
        grant: FULL,
        batch: ['insufficient-storage'],
        raw: FULL,
        form: FULL,
        base64: FULL,
        put: '507 InsufficientStorage',
        post: '507 InsufficientStorage',
      },
    );
    assert.deepEqual(await caller.readiness(), { status: 'degraded', parts: ['disk-space'] });

    // Another program takes half of the reserve: grants without a size and links are refused too, renditions are sent
    // unstored.
    await disk.takeAllBut((RESERVE_MEGABYTES / 2 + 2) * MEGABYTE);
    const link = json({ what: 'original' });
    await until(async () => (await told(caller.ask(`/images/${id}/links`, link))) === FULL);
    assert.equal(await told(caller.ask('/uploads', json({ user_id: 'ada', content_type: 'image/png' }))), FULL);
    const before = await renditionsIn(data);
    const rendered = await caller.ask(`/images/${id}/renditions/large`);
    assert.deepEqual([rendered.status, (await rendered.bytes()).length > 0], [200, true]);
    assert.equal(
      (await caller.ask(`/images/${id}/renditions/large`)).headers.get('etag'),
      rendered.headers.get('etag'),
    );
    // A URL can lead to a stored one only.
    assert.equal(await told(caller.ask(`/images/${id}/download?format=jpeg`)), FULL);
    assert.deepEqual(await renditionsIn(data), before);
    const change = { ...json({ tags: ['sea'] }), method: 'PATCH' };
    assert.equal(await told(caller.ask(`/images/${id}`, change)), '200');
    for (const action of ['trash', 'restore'])
      assert.equal(await told(caller.ask(`/images/${other}/${action}`, { method: 'POST' })), '200', action);
    const long = JSON.stringify({ image_ids: [caller.ids.pop()] }, null, 10).padEnd(100_000);
    const headers = { 'Content-Type': 'application/json' };
    assert.equal(await told(caller.ask('/images/delete', { method: 'POST', headers, body: long })), '200');
    await until(async () => disk.events().length > 0);
    assert.deepEqual(disk.events(), ['disk-space-low']);
    assert.doesNotMatch(disk.service.output(), /"event":"(request-failed|part-degraded)"/);

    // A delete frees space until the disk is truly full; texts of records keep half of the reserve.
    await disk.takeAllBut(MEGABYTE);
    await until(async () => (await told(caller.ask(`/images/${id}`, change))) === FULL);
    const hide = { ...json({ visibility: 'public' }), method: 'PATCH' };
    assert.equal(await told(caller.ask(`/images/${id}`, hide)), '200');
    await caller.deleteAll();
    await truncate(join(data, 'ballast'), 0);
    assert.equal(await caller.upload(ofSize(4 * MEGABYTE)), '200');
    assert.deepEqual(await caller.readiness(), { status: 'ok' });
    await until(async () => disk.events().length > 1);
    assert.deepEqual(disk.events(), ['disk-space-low', 'disk-space-back']);
  });
});

const pngUpload = (bytes: number): RequestInit => ({
  method: 'POST',
  headers: { 'Content-Type': 'image/png' },
  body: ofSize(bytes),
});

describe('an upload under way', { skip: CANNOT_MOUNT }, () => {
  it('keeps the bytes that it announced from others, until it ends', async () => {
    await using disk = await startOnSmallDisk();
    const { caller, service } = disk;
    const { upload_url, headers } = await caller.grant();
    const slow = request(upload_url, { method: 'PUT', headers: { ...headers, 'Content-Length': 46 * MEGABYTE } });
    slow.on('error', () => {}).flushHeaders();
    slow.write(ofSize(65_536));
    await until(async () => (await caller.upload(ofSize(4 * MEGABYTE))) === FULL);
    const { upload_url: another, headers: same } = await caller.grant();
    const told = await putHeaders(another, { ...same, 'Content-Length': 40 * MEGABYTE });
    assert.equal(told, 507, 'expected an answer before the bytes are sent');
    slow.destroy();
    await until(async () => (await caller.upload(ofSize(4 * MEGABYTE))) === '200');
    assert.ok(service.output().includes('disk-space-low'));
  });
});

/** The status of a PUT whose body never comes. */
async function putHeaders(url: string, headers: OutgoingHttpHeaders): Promise<number | undefined> {
  const put = request(url, { method: 'PUT', headers });
  put.on('error', () => {}).flushHeaders();
  const [answer] = (await once(put, 'response')) as [IncomingMessage];
  put.destroy();
  return answer.statusCode;
}

describe('a rendition that the disk has no space for', { skip: CANNOT_MOUNT }, () => {
  it('is sent whole or in part, whatever its size, also where stored ones are a redirect', async () => {
    await using folder = await temporaryFolder();
    await using _disk = await mountMemory(folder.path, DISK_MEGABYTES);
    await using service = await createSharingService({ environment: { BYTES: 'redirect' }, folder: folder.path });
    const photograph = new Uint8Array(await testImage({ type: 'image/jpeg', width: 1_200, height: 900 }));
    const init = { method: 'POST', headers: { 'Content-Type': 'image/jpeg' }, body: photograph };
    const uploaded = await service.request('/images/upload?user_id=ada', init);
    const { image_id } = (await uploaded.json()) as { image_id: string };
    const signed = await service.request(`/images/${image_id}/render-url`, json({ w: 1_100, format: 'png' }));
    const { url } = (await signed.json()) as { url: string };
    await takeAllBut(folder.path, 12 * MEGABYTE);
    await until(async () => (await (await service.request('/readyz')).text()).includes('disk-space'));
    const whole = await service.send(url);
    const bytes = await whole.bytes();
    assert.equal(whole.status, 200);
    assert.ok(bytes.length > MEGABYTE, `${bytes.length} bytes`);
    const headers = { Range: 'bytes=1000-1999', 'If-Range': whole.headers.get('etag') ?? '' };
    const part = await service.send(url, { headers });
    assert.deepEqual([part.status, await part.bytes()], [206, bytes.slice(1_000, 2_000)]);
    const jpeg = `/images/${image_id}/download?format=jpeg`;
    assert.equal((await service.request(jpeg)).status, 507);
    await rm(join(folder.path, 'ballast'));
    assert.equal((await service.send(url)).status, 302);
    assert.equal((await service.request(jpeg)).status, 200);
    assert.equal((await renditionsIn(folder.path)).length, 2);
    await takeAllBut(folder.path, 12 * MEGABYTE);
    assert.equal((await service.request(jpeg)).status, 200);
  });
});

describe('eager renditions', { skip: CANNOT_MOUNT }, () => {
  it('are made later if the disk has no space, without a failed job', async () => {
    await using folder = await temporaryFolder();
    await using _disk = await mountMemory(folder.path, DISK_MEGABYTES);
    const clock = movingClock();
    const options = { environment: { EAGER_PRESETS: 'thumb' }, folder: folder.path, overrides: { clock } };
    await using service = await createSharingService(options);
    const uploaded = await service.request('/images/upload?user_id=ada', pngUpload(65_536));
    const { image_id } = (await uploaded.json()) as { image_id: ImageId };
    const dueAt = async () => {
      const image = await service.services.images.get(image_id);
      return image?.status === 'ready' ? (image.maintainAt?.getTime() ?? null) : undefined;
    };
    const maintain = () => maintainRenditions(service.services, image_id);

    await takeAllBut(folder.path, 12 * MEGABYTE);
    clock.offsetMs += 1_000;
    await maintain();
    assert.deepEqual(await renditionsIn(folder.path), []);
    const waitMs = ((await dueAt()) ?? 0) - clock.now().getTime();
    assert.ok(waitMs > 9 * 60_000 && waitMs <= 10 * 60_000, `${waitMs} ms`);
    await rm(join(folder.path, 'ballast'));
    clock.offsetMs += waitMs;
    await maintain();
    assert.deepEqual([(await renditionsIn(folder.path)).length, await dueAt()], [1, null]);
  });
});

describe('a working copy', { skip: CANNOT_MOUNT }, () => {
  const clock = movingClock();
  const createOnDisk = async (environment: Record<string, string>) => {
    await using stack = new AsyncDisposableStack();
    const folder = stack.use(await temporaryFolder());
    stack.use(await mountMemory(folder.path, DISK_MEGABYTES));
    let renders = 0;
    const wrapImaging = (imaging: Imaging): Imaging => ({
      ...imaging,
      render(...job) {
        renders += 1;
        return imaging.render(...job);
      },
    });
    const overrides = { clock, wrapImaging };
    const service = stack.use(await createSharingService({ environment, folder: folder.path, overrides }));
    const held = stack.move();
    return { ...service, renders: () => renders, [Symbol.asyncDispose]: () => held.disposeAsync() };
  };
  const stagedIn = (folder: string) => filesBelow(join(folder, 'objects/tmp'));

  it('that the disk has no space for is made later: the upload is ready, and its renditions are made', async () => {
    await using service = await createOnDisk({});
    const body = await tiledPng();
    await takeAllBut(service.folder, (RESERVE_MEGABYTES + 1) * MEGABYTE);
    clock.offsetMs += 2_000; // the space of the disk is measured again
    const id = await upload(service, body);
    assert.deepEqual(await storedCopies(service, id), []);
    assert.deepEqual(await stagedIn(service.folder), []);
    await render(service, id, { w: 100 });
    assert.equal(await isDue(service, id), false, 'expected nobody to ask for it');

    await rm(join(service.folder, 'ballast'));
    clock.offsetMs += 60_000;
    await render(service, id, { w: 101 });
    assert.ok(await isDue(service, id));
    await takeAllBut(service.folder, 12 * MEGABYTE);
    clock.offsetMs += 2_000;
    await maintain(service, id);
    assert.deepEqual([await storedCopies(service, id), service.renders()], [[], 2], 'expected no decode for it');

    await rm(join(service.folder, 'ballast'));
    clock.offsetMs += 60_000;
    await render(service, id, { w: 102 });
    await maintain(service, id);
    assert.equal((await storedCopies(service, id)).length, 1);
    assert.equal((await readyRecord(service, id)).workingCopy?.width, 2_048);
  });

  it('that cannot be written fails no upload', async () => {
    await using service = await createOnDisk({ MIN_FREE_BYTES: '0' });
    const body = await tiledPng();
    await takeAllBut(service.folder, MEGABYTE);
    const id = await upload(service, body);
    assert.equal((await readyRecord(service, id)).workingCopy, null);
    assert.deepEqual([await storedCopies(service, id), await stagedIn(service.folder)], [[], []]);
    assert.equal((await service.request(`/images/${id}/original`)).status, 200);
  });
});

/** A small file whose working copy takes megabytes: a PNG repeats what a JPEG can't. */
async function tiledPng(): Promise<Uint8Array<ArrayBuffer>> {
  const side = 48;
  const data = Buffer.alloc(side * side * 3);
  for (let at = 0, state = 1; at < data.length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    data[at] = state >>> 24;
  }
  const tile = await sharp(data, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toBuffer();
  return png(flat(LARGE).composite([{ input: tile, tile: true }]));
}

describe('with objects in a bucket', { skip: NO_CLOUD || CANNOT_MOUNT, concurrency: true }, () => {
  /** On a disk of which another program leaves 12 MB. */
  async function createOnFullDisk(environment: Readonly<Record<string, string>>) {
    await using stack = new AsyncDisposableStack();
    const folder = stack.use(await temporaryFolder());
    stack.use(await mountMemory(folder.path, DISK_MEGABYTES));
    const service = stack.use(await createSharingService({ environment: { ...environment }, folder: folder.path }));
    const uploaded = await service.request('/images/upload?user_id=ada', pngUpload(65_536));
    const { image_id } = (await uploaded.json()) as { image_id: string };
    await takeAllBut(folder.path, 12 * MEGABYTE);
    const isLow = async () => JSON.stringify(await (await service.request('/readyz')).json()).includes('disk-space');
    const held = stack.move();
    return { ...service, image_id, isLow, [Symbol.asyncDispose]: () => held.disposeAsync() };
  }

  const grant = json({ user_id: 'ada', content_type: 'image/png' });

  it('and records on a full disk, uploads are refused, and renditions are stored', async () => {
    await using cloud = await createCloud();
    await using service = await createOnFullDisk(environmentOf(cloud.bucket));
    await until(service.isLow);
    assert.equal(await told(service.request('/uploads', grant)), FULL);
    assert.equal(await told(service.request('/images/upload?user_id=ada', pngUpload(65_536))), FULL);
    assert.equal(await told(service.request(`/images/${service.image_id}/renditions/thumb`)), '200');
    const stored = await Array.fromAsync(service.services.objects.list('renditions/'));
    assert.equal(stored.length, 1);
    assert.equal(await told(service.request(`/images/${service.image_id}`, { method: 'DELETE' })), '200');
  });

  it('and records in a table, a full disk has temporary files only: nothing is refused', async () => {
    await using cloud = await createCloud();
    await using service = await createOnFullDisk(cloud.environment);
    assert.equal(await told(service.request('/uploads', grant)), '201');
    assert.equal(await told(service.request('/images/upload?user_id=ada', pngUpload(65_536))), '200');
    assert.equal(await service.isLow(), false);
  });
});

const usedBytes = async (folder: string): Promise<number> =>
  (await Promise.all((await filesBelow(folder)).map(async (path) => (await stat(path)).blocks * 512))).reduce(
    (sum, bytes) => sum + bytes,
    0,
  );

const renditionsIn = async (data: string): Promise<string[]> =>
  (await filesBelow(join(data, 'objects'))).filter((path) => path.includes('/renditions/'));
