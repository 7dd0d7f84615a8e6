import assert from 'node:assert/strict';
import { rm, stat, truncate } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { childrenOf, signalProcess, until } from '../../src/imaging/processes/process-list.fixture.ts';
import { CANNOT_MOUNT, fillUp, mountMemory, temporaryFolder } from '../faults/file-systems.ts';
import { repeatsOf } from '../repeats.ts';
import { filesBelow } from '../services/files-below.ts';
import { reads } from '../services/process-tree.ts';
import { killAll, type RunningService, startService } from '../services/running-service.ts';
import { json } from '../services/service.ts';

const ON_LINUX = { skip: process.platform !== 'linux' && 'only Linux tells what another process reads' };

const QUIET = { LOG_LEVEL: 'silent' };

const SIDE = 4096;
/** Takes a second to render. */
const large = new Uint8Array(await testImage({ type: 'image/jpeg', width: SIDE, height: SIDE }));
const small = new Uint8Array(await testImage({ type: 'image/jpeg', width: 800, height: 600 }));

interface Told {
  readonly status: number;
  readonly code: string | undefined;
  readonly retryAfter: string | null;
  readonly bytes: Uint8Array;
  readonly entityTag: string | null;
}

/** Far above any decoding limit: a missing answer is a fault, too. */
const PATIENCE_MS = 40_000;

async function ask(url: string): Promise<Told> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
  const bytes = await answer.bytes();
  const code = answer.ok ? undefined : (JSON.parse(Buffer.from(bytes).toString()) as { code: string }).code;
  const [retryAfter, entityTag] = [answer.headers.get('retry-after'), answer.headers.get('etag')];
  return { status: answer.status, code, retryAfter, bytes, entityTag };
}

/** Takes 3 MB as PNG. */
const noise = (): Promise<Buffer> =>
  sharp({
    create: {
      width: 1_000,
      height: 1_000,
      channels: 3,
      background: 'gray',
      noise: { type: 'gaussian', mean: 128, sigma: 60 },
    },
  })
    .jpeg()
    .toBuffer();

async function upload({ origin }: RunningService, body: Uint8Array<ArrayBuffer>): Promise<string> {
  const init = { method: 'POST', headers: { 'Content-Type': 'image/jpeg' }, body };
  const answer = await fetch(`${origin}/images/upload?user_id=ada`, init);
  assert.equal(answer.status, 200, answer.ok ? '' : await answer.text());
  return ((await answer.json()) as { image_id: string }).image_id;
}

/** The URL of a render with this many pixels a side, at most. */
async function linkTo({ origin }: RunningService, id: string, side: number, format = 'webp'): Promise<string> {
  const answer = await fetch(`${origin}/images/${id}/render-url`, json({ w: side, h: side, format }));
  return ((await answer.json()) as { url: string }).url;
}

const thumbOf = ({ origin }: RunningService, id: string): string => `${origin}/images/${id}/renditions/thumb`;

async function requirePicture({ status, code, bytes }: Told, width: number): Promise<void> {
  assert.equal(status, 200, code);
  assert.equal((await sharp(bytes).metadata()).width, width);
  await sharp(bytes, { failOn: 'warning' }).stats();
}

/** A decode process in the middle of its job: it reads an image. */
async function untilDecoding({ process, folder }: RunningService): Promise<number> {
  let found: number | undefined;
  await until(async () => {
    for (const id of await childrenOf(process.pid ?? 0)) {
      if (await reads(id, folder)) found = id;
    }
    return found !== undefined;
  });
  assert.ok(found);
  return found;
}

/** Makes it hang; it must not outlive the service. */
function stop(id: number): Disposable {
  signalProcess(id, 'SIGSTOP');
  return {
    [Symbol.dispose]: () => {
      try {
        signalProcess(id, 'SIGKILL');
      } catch {} // it has ended, as it should
    },
  };
}

const renditionFiles = async (objects: string): Promise<string[]> =>
  (await filesBelow(objects)).filter((path) => !path.includes('/images/'));

async function requireNoLeak({ process }: RunningService): Promise<void> {
  assert.ok((await childrenOf(process.pid ?? 0)).length <= availableParallelism());
}

describe('a decode process killed while it renders', ON_LINUX, () => {
  it('doesn’t affect its clients', async () => {
    await using service = await startService(QUIET);
    const link = await linkTo(service, await upload(service, large), 2000);
    const asked = ask(link);
    signalProcess(await untilDecoding(service), 'SIGKILL');
    await requirePicture(await asked, 2000);
    await requireNoLeak(service);
  });

  it('twice makes the request 503, and the next request succeeds', async () => {
    await using service = await startService(QUIET);
    const link = await linkTo(service, await upload(service, large), 2000);
    const asked = ask(link);
    const first = await untilDecoding(service);
    signalProcess(first, 'SIGKILL');
    await until(async () => !(await childrenOf(service.process.pid ?? 0)).includes(first));
    signalProcess(await untilDecoding(service), 'SIGKILL');
    const { status, code } = await asked;
    assert.deepEqual([status, code], [503, 'decoder-failed']);
    await requirePicture(await ask(link), 2000);
    await requireNoLeak(service);
  });
});

describe('a decode process that hangs while it renders', () => {
  it('is killed after its timeout; the request is 503, and the next request succeeds', async () => {
    await using service = await startService({ ...QUIET, TRANSFORM_TIMEOUT_SECONDS: '5' });
    const thumb = thumbOf(service, await upload(service, small));
    const [child, ...others] = await childrenOf(service.process.pid ?? 0);
    assert.ok(child);
    assert.deepEqual(others, []);
    using _stopped = stop(child);
    const { status, code } = await ask(thumb);
    assert.deepEqual([status, code], [503, 'decoder-failed']);
    await until(async () => !(await childrenOf(service.process.pid ?? 0)).includes(child));
    await until(async () => (await ask(thumb)).status === 200); // on a busy machine even this may take longer
    await requirePicture(await ask(thumb), 256);
    await requireNoLeak(service);
  });
});

describe('a rendition on a full disk', { skip: CANNOT_MOUNT }, () => {
  it('is sent without being stored; a large one is 507 and leaves no file, and is made once there is space', async () => {
    await using folder = await temporaryFolder();
    const objects = join(folder.path, 'data/objects');
    await using _disk = await mountMemory(objects, 16);
    await using service = await startService(QUIET, folder.path);
    const id = await upload(service, small);
    const urls = [`${service.origin}/images/${id}/renditions/medium`, await linkTo(service, id, 700)];
    const large = await linkTo(service, await upload(service, new Uint8Array(await noise())), 1_000, 'png');
    const ballast = join(objects, 'ballast');
    fillUp(ballast);
    const { size } = await stat(ballast);
    for (const room of [0, 4096]) {
      await truncate(ballast, size - room); // an empty file can be created
      for (const url of urls) assert.equal((await ask(url)).status, 200);
      const { status, code } = await ask(large);
      assert.deepEqual([status, code], [507, 'insufficient-storage']);
      assert.deepEqual(await renditionFiles(objects), [ballast]);
    }
    assert.equal((await ask(`${service.origin}/images/${id}`)).status, 200);

    await rm(ballast);
    await requirePicture(await ask(large), 1_000);
    const [medium, free] = await Promise.all(urls.map(ask));
    assert.ok(medium && free);
    await requirePicture(medium, 800);
    await requirePicture(free, 700);
  });
});

describe('kill -9 of the service while it renders', () => {
  it('leaves no files of unfinished renditions after a restart, which makes them again', async () => {
    await using folder = await temporaryFolder();
    const objects = join(folder.path, 'data/objects');
    const PRESETS = 'quick:w=64&h=64&format=png slow:w=2000&h=2000&format=avif';
    const environment = { ...QUIET, PRESETS, EAGER_PRESETS: 'quick,slow' };
    const decoders = join(folder.path, 'data/decoders');
    const unstored = async () => (await renditionFiles(decoders)).filter((path) => path.includes('/outputs/'));
    let left: string[] = [];
    let id = '';
    {
      await using service = await startService(environment, folder.path);
      id = await upload(service, large);
      await until(async () => (await unstored()).length > 0); // the quick one waits for the slow one
      await killAll(service);
      left = await unstored();
      assert.notDeepEqual(left, []);
      assert.deepEqual(await renditionFiles(objects), []);
    }
    await using service = await startService(environment, folder.path);
    const now = await unstored();
    assert.deepEqual(
      left.filter((path) => now.includes(path)),
      [],
    );
    await requirePicture(await ask(`${service.origin}/images/${id}/renditions/quick`), 64);
    await requirePicture(await ask(`${service.origin}/images/${id}/renditions/slow`), 2000);
  });

  it('at any moment preserves the answered renditions', async () => {
    for (let times = repeatsOf('renderKills').count; times > 0; times -= 1) await killAmongRenders();
  });

  /** Kills the service after every ten answers. */
  async function killAmongRenders(): Promise<void> {
    await using folder = await temporaryFolder();
    const sides = Array.from({ length: 40 }, (_, index) => 100 + index);
    const answered = new Map<number, Told>();
    let id: string | undefined;
    for (let round = 1; answered.size < sides.length; round++) {
      await using service = await startService(QUIET, folder.path);
      id ??= await upload(service, small);
      for (const [side, { entityTag, bytes }] of answered) {
        const again = await ask(await linkTo(service, id, side));
        assert.deepEqual(
          [again.entityTag, Buffer.compare(again.bytes, bytes)],
          [entityTag, 0],
          `${side} in round ${round}`,
        );
      }
      const enough = Promise.withResolvers<void>();
      const asked = sides.map(async (side) => {
        const link = await linkTo(service, id ?? '', side).catch(() => '');
        const told = await ask(link).catch(() => undefined);
        if (!told) return;
        await requirePicture(told, side);
        answered.set(side, told);
        if (answered.size >= round * 10) enough.resolve();
      });
      await Promise.race([enough.promise, Promise.all(asked)]);
      await killAll(service);
      await Promise.all(asked);
    }
  }
});

describe('concurrent renders above the limit', () => {
  it('are 429 with Retry-After, and are made later', async () => {
    await using service = await startService(QUIET);
    const id = await upload(service, small);
    const links = await Promise.all(Array.from({ length: 250 }, (_, index) => linkTo(service, id, 100 + index)));
    const answers = await Promise.all(links.map(ask));
    const refused = answers.filter(({ status }) => status !== 200);
    assert.ok(refused.length > 0 && refused.length < links.length);
    for (const { status, code, retryAfter } of refused) {
      assert.deepEqual([status, code], [429, 'overloaded']);
      assert.match(retryAfter ?? '', /^[1-9]\d?$/);
    }
    for (const few of [links.slice(0, 90), links.slice(90, 180), links.slice(180)]) {
      for (const { status, code } of await Promise.all(few.map(ask))) assert.equal(status, 200, code);
    }
    await requireNoLeak(service);
  });
});
