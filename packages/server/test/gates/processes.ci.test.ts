import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { type ClamdServer, NO_CLAMD, PLANTED, startClamd } from '../../../../test/servers/clamd.ts';
import { createRandom } from '../chance/random.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { repeatsOf } from '../repeats.ts';
import { type Cloud, createCloud, NO_CLOUD } from '../services/cloud.ts';
import { killAll, type RunningService, startService } from '../services/running-service.ts';
import { startWorkerIn } from '../services/running-worker.ts';

const MAX_UPLOAD_BYTES = 2_000_000;
const FIT = [
  `StreamMaxLength ${MAX_UPLOAD_BYTES}`,
  `MaxFileSize ${MAX_UPLOAD_BYTES}`,
  `MaxScanSize ${2 * MAX_UPLOAD_BYTES}`,
  'AlertExceedsMax yes',
];

const JPEG = await testImage({ type: 'image/jpeg', width: 640, height: 480 });
const INFECTED = Buffer.concat([JPEG, Buffer.from(PLANTED)]);
const LONGEST_MS = 180_000;
/** Kills of a process within a re-scan, at random moments. */
const { count: KILLS, seed: SEED } = repeatsOf('kills');
const IMAGES = 60;
const USER = { 'X-User-Id': 'ada' };

describe('real processes with gates, on a table and a bucket', { skip: NO_CLAMD || NO_CLOUD }, () => {
  let clamd: ClamdServer;
  before(async () => {
    clamd = await startClamd({ settings: FIT, knowsPlanted: false });
  });
  after(() => clamd[Symbol.asyncDispose]());

  const settingsOf = ({ environment }: Cloud, gates: Record<string, string> = {}) => ({
    ...environment,
    MAX_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES),
    MAX_DIRECT_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES),
    BYTES: 'redirect',
    SECRET_KEY: 's'.repeat(32),
    ...gates,
  });

  it('of which one has a gate publish nothing that it has not passed, and the other drops it', async () => {
    await using stack = new AsyncDisposableStack();
    const cloud = stack.use(await createCloud());
    const ours = stack.use(await startService(settingsOf(cloud)));
    const theirs = stack.use(await startService(settingsOf(cloud, { GATE_CLAMD: clamd.address })));

    const before = await grant(ours); // no gate is listed
    await put(before, INFECTED);
    await clamd.learn();
    await clamd.kill();
    await clamd.restart();
    const [refused, passed] = [await complete(theirs, before), await uploadTo(theirs)];
    assert.deepEqual(
      [refused.status, refused.body['code']],
      [400, 'refused-by-gate'],
      'switched on while it was pending',
    );
    assert.equal((await complete(theirs, passed)).body['status'], 'ready');

    const listed = await uploadTo(theirs);
    assert.equal((await complete(ours, listed)).body['status'], 'held', 'the other process lacks the gate');
    const pending = await grant(theirs);
    await clamd.kill();
    const held = await uploadTo(theirs);
    assert.equal((await complete(theirs, held)).body['status'], 'held');
    for (const { id } of [listed, held])
      for (const way of ['', '/original', '/renditions/thumb'])
        assert.equal((await ask(ours, `/images/${id}${way}`)).status, 409, way);

    assert.equal((await ask(theirs, '/gates/clamd/drop', { method: 'POST' })).status, 400, 'it has the gate');
    assert.equal(await drop(ours), 3);
    assert.equal(await drop(ours), 0);
    await put(pending, JPEG);
    assert.equal((await complete(ours, pending)).body['status'], 'ready');
    stack.use(await startWorkerIn(ours.folder, settingsOf(cloud)));
    for (const { id } of [listed, held]) await until(async () => (await statusOf(ours, id)) === 'ready');
    assert.doesNotMatch(`${ours.output()}${theirs.output()}`, /"status":500|"level":60/);
    await clamd.restart();
  });

  it('find an image by a signature that came later: no process serves it from then on, though they have it in memory', async () => {
    await using own = await startClamd({ settings: FIT, knowsPlanted: false });
    await using stack = new AsyncDisposableStack();
    const cloud = stack.use(await createCloud());
    const settings = settingsOf(cloud, { GATE_CLAMD: own.address });
    const one = stack.use(await startService({ ...settings, BYTES: 'stream' }));
    const other = stack.use(await startService(settings));
    const [bad, good] = [await grant(one, { visibility: 'public' }), await grant(one)];
    await put(bad, INFECTED);
    await put(good, JPEG);
    for (const upload of [bad, good]) assert.equal((await complete(one, upload)).body['status'], 'ready');
    const ways = [...(await waysInto(one, bad.id)), ...(await waysInto(other, bad.id))];
    for (const way of ways)
      for (let time = 0; time < 2; time += 1) assert.ok((await read(way)) < 400, `before: ${way}`);

    await own.learn();
    await own.kill();
    await own.restart();
    let rejectedAt = Number.POSITIVE_INFINITY;
    const late: string[] = [];
    let isOver = false;
    const readers = ways.map(async (way) => {
      while (!isOver) {
        const startedAt = performance.now();
        const status = await read(way);
        if (startedAt > rejectedAt && status < 400 && !isOfBucket(way, cloud)) late.push(way);
      }
    });
    const asked = await ask(other, '/gates/rescan', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"gate":"clamd"}',
    });
    assert.equal(asked.status, 202, JSON.stringify(asked.body));
    const worker = stack.use(await startWorkerIn(one.folder, settings));
    await until(async () => (await statusOf(other, bad.id)) === 'rejected');
    rejectedAt = performance.now();
    await until(async () => (await rescansOf(one))[0]?.['status'] === 'done');
    isOver = true;
    await Promise.all(readers);
    assert.deepEqual(late, []);
    for (const way of ways) assert.ok((await read(way)) >= 400, `after: ${way}`);
    assert.partialDeepStrictEqual((await rescansOf(other))[0], { passed: 1, refused: 1, failed: 0 });
    assert.equal(await statusOf(other, good.id), 'ready');
    assert.match(worker.output(), /"event":"image-refused"/);
  });
});

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Upload {
  readonly id: string;
  readonly url: string;
}

async function ask(service: RunningService, path: string, init: RequestInit = {}): Promise<Answer> {
  const headers = { ...USER, ...(init.headers as Record<string, string> | undefined) };
  const answer = await fetch(new URL(path, service.origin), { ...init, headers, redirect: 'manual' });
  const text = await answer.text();
  return { status: answer.status, body: text.startsWith('{') ? (JSON.parse(text) as Answer['body']) : {} };
}

async function grant(service: RunningService, fields: object = {}): Promise<Upload> {
  const { status, body } = await ask(service, '/uploads', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ content_type: 'image/jpeg', ...fields }),
  });
  assert.equal(status, 201, JSON.stringify(body));
  return { id: String(body['image_id']), url: String(body['upload_url']) };
}

async function put({ url }: Upload, bytes: Uint8Array): Promise<void> {
  const headers = { 'content-type': 'image/jpeg' };
  const answer = await fetch(url, { method: 'PUT', headers, body: new Uint8Array(bytes) });
  assert.equal(answer.status, 200, await answer.text());
}

async function uploadTo(service: RunningService): Promise<Upload> {
  const upload = await grant(service);
  await put(upload, JPEG);
  return upload;
}

const complete = (service: RunningService, { id }: Upload): Promise<Answer> =>
  ask(service, `/images/${id}/complete`, { method: 'POST' });

async function drop(service: RunningService): Promise<number> {
  let released = 0;
  for (let cursor: unknown = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
    const { status, body } = await ask(service, '/gates/clamd/drop', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ cursor }),
    });
    assert.equal(status, 200, JSON.stringify(body));
    released += Number(body['released']);
    cursor = body['next_cursor'];
  }
  return released;
}

const statusOf = async (service: RunningService, id: string): Promise<unknown> =>
  (await ask(service, `/images/${id}/metadata`)).body['status'];

const rescansOf = async (service: RunningService) =>
  (await ask(service, '/gates')).body['rescans'] as readonly Readonly<Record<string, unknown>>[];

/** URLs of all ways to the bytes, through this process and to the bucket. */
async function waysInto(service: RunningService, id: string): Promise<string[]> {
  const json = { method: 'POST', headers: { 'content-type': 'application/json' } };
  const link = await ask(service, `/images/${id}/links`, { ...json, body: '{"what":"preset","preset":"thumb"}' });
  const render = await ask(service, `/images/${id}/render-url`, { ...json, body: '{"w":32}' });
  const [download, preset] = [
    await ask(service, `/images/${id}/download`),
    await ask(service, `/images/${id}/renditions/thumb/download`),
  ];
  return [
    ...['', '/original', '/renditions/thumb'].map((way) => `${service.origin}/images/${id}${way}`),
    String(link.body['url']),
    String(render.body['url']),
    String(download.body['download_url']),
    String(preset.body['download_url']),
  ];
}

const isOfBucket = (way: string, { bucket }: Cloud): boolean => way.includes(`/${bucket.name}/`);

/** The status behind redirects. */
async function read(way: string): Promise<number> {
  const answer = await fetch(way, { headers: USER });
  await answer.arrayBuffer().catch(() => undefined);
  return answer.status;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const endsAt = performance.now() + LONGEST_MS;
  while (!(await isSo())) {
    assert.ok(performance.now() < endsAt, 'it takes too long');
    await delay(50);
  }
}

describe('one process with a gate', { skip: NO_CLAMD }, () => {
  it(`that is killed ${KILLS} times within a re-scan goes on with it, by seed ${SEED}`, async () => {
    await using own = await startClamd({ settings: FIT, knowsPlanted: false });
    await using folder = await temporaryFolder();
    const environment = {
      GATE_CLAMD: own.address,
      MAX_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES),
      MAX_DIRECT_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES),
      RATE_LIMITS: 'off',
    };
    let service = await startService(environment, folder.path);
    const random = createRandom(SEED);
    const ids: string[] = [];
    for (let n = 0; n < IMAGES; n += 1) ids.push(await uploadDirectly(service, n % 10 === 0 ? INFECTED : JPEG));
    await own.learn();
    await own.kill();
    await own.restart();
    const asked = await ask(service, '/gates/rescan', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"gate":"clamd"}',
    });
    assert.equal(asked.status, 202, JSON.stringify(asked.body));
    for (let kill = 0; kill < KILLS; kill += 1) {
      await killAll(service);
      service = await startService(environment, folder.path); // which goes on at once
      await delay(random.below(150));
    }
    await using _ = service;
    await until(async () => (await rescansOf(service))[0]?.['status'] === 'done');
    for (const [n, id] of ids.entries()) {
      assert.equal(await statusOf(service, id), n % 10 === 0 ? 'rejected' : 'ready', id);
      const { decisions } = (await ask(service, `/images/${id}/decisions`)).body as { decisions: readonly object[] };
      assert.equal(decisions.length, 2, 'at the upload, and again');
    }
  });
});

async function uploadDirectly(service: RunningService, bytes: Uint8Array): Promise<string> {
  const body = new FormData();
  body.set('user_id', 'ada');
  body.set('file', new File([new Uint8Array(bytes)], 'a.jpg', { type: 'image/jpeg' }));
  const { status, body: image } = await ask(service, '/images', { method: 'POST', body });
  assert.equal(status, 201, JSON.stringify(image));
  return String(image['image_id']);
}
