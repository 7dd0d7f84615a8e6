import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { copyFile, mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { skipWithout } from '../../../../test/servers/installed.ts';
import { clientAt } from '../domain/access/client.fixture.ts';
import { NOTHING_SAID } from '../domain/facts/facts.ts';
import { eachType } from '../domain/image/media-type.ts';
import { type Recipe, UNCHANGED } from '../domain/rendition/recipe.ts';
import { createImaging } from './create-imaging.ts';
import type { Imaging, Inspection, Rendered, RenderOutput, RenderSource } from './imaging.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { childrenOf, isAlive, signalProcess, until } from './processes/process-list.fixture.ts';

/** Half of 40 x 30. */
const RECIPE: Recipe = { ...UNCHANGED, scaled: { width: 20, height: 15 }, format: 'webp', quality: null };

function soundly(inspection: Inspection): Extract<Inspection, { outcome: 'sound' }> {
  assert.ok(inspection.outcome === 'sound');
  return inspection;
}

/** Tests need a file that hangs. */
const WITH_PIPES = { skip: skipWithout('mkfifo') };

describe('imaging', () => {
  let folder: string;
  let png: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'imaging-'));
    png = join(folder, 'sound.png');
    await writeFile(png, await testImage({ type: 'image/png', width: 40, height: 30 }));
  });
  after(() => rm(folder, { recursive: true }));

  /** A file whose reader hangs in a thread, like a broken decoder: a pipe without a writer. */
  const hangingFile = async (): Promise<string> => {
    const path = join(folder, `pipe-${Math.random()}`);
    await promisify(execFile)('mkfifo', [path]);
    return path;
  };

  /** The arguments of another process that inspects `path` and disposes of nothing. */
  const service = (path: string): string[] => {
    const module = new URL('create-imaging.ts', import.meta.url).href;
    const code = `
      import { createImaging } from ${JSON.stringify(module)};
      const imaging = createImaging({ timeoutSeconds: 60 });
      console.log(JSON.stringify(await imaging.inspect(${JSON.stringify(path)}, 'image/png')));`;
    return ['--input-type=module', '--eval', code];
  };

  it('inspects in another process, with the given limits', async () => {
    await using generous = createImaging({ timeoutSeconds: 60 });
    assert.deepEqual(await childrenOf(process.pid), []);
    assert.equal((await generous.inspect(png, 'image/png')).outcome, 'sound');
    assert.equal((await childrenOf(process.pid)).length, 1);

    await using strict = createImaging({
      timeoutSeconds: 60,
      limits: { ...DEFAULT_LIMITS, maxPixels: eachType(() => 1199) },
    });
    assert.deepEqual(await strict.inspect(png, 'image/png'), {
      outcome: 'refused',
      rejection: {
        code: 'too-many-pixels',
        detail: 'expected at most 1,199 pixels; got 40 x 30',
        params: { width: 40, height: 30, limit_pixels: 1199 },
      },
    });
  });

  it('inspects a new file under the name of an earlier one', async () => {
    await using imaging = createImaging({ timeoutSeconds: 60 });
    const path = join(folder, 'reused');
    for (const width of [40, 50]) {
      await writeFile(path, await testImage({ type: 'image/webp', width, height: 30 })); // the type that libvips would cache
      const inspection = await imaging.inspect(path, 'image/webp');
      assert.ok(inspection.outcome === 'sound');
      assert.equal(inspection.image.width, width);
    }
  });

  describe('of a large picture', () => {
    const LARGE = { width: 2_600, height: 1_600 };
    let large: string;
    before(async () => {
      large = join(folder, 'large.png');
      const picture = sharp({ create: { ...LARGE, channels: 3, background: 'red' } }).png({ compressionLevel: 1 });
      await writeFile(large, await picture.toBuffer());
    });

    it('makes a working copy, with the same verdict as without one', async () => {
      await using imaging = createImaging({ timeoutSeconds: 60 });
      const copyTo = join(folder, 'copy');
      const { image, ...others } = soundly(await imaging.inspect(large, 'image/png', { copyTo }));
      const { width, height, format } = await sharp(copyTo).metadata();
      assert.deepEqual({ width, height, format }, { width: 2_048, height: 1_264, format: 'jpeg' });
      assert.deepEqual(others.copy, { width, height, contentType: 'image/jpeg' });
      const { image: same, copy } = soundly(await imaging.inspect(large, 'image/png'));
      assert.deepEqual([same, copy], [image, null]);
    });

    it('reads a TIFF of strips and one of tiles, and makes their working copies', async () => {
      await using imaging = createImaging({ timeoutSeconds: 60 });
      for (const tile of [false, true]) {
        const path = join(folder, `tile-${tile}.tiff`);
        await sharp(large).tiff({ compression: 'lzw', tile }).toFile(path);
        const { image, copy } = soundly(await imaging.inspect(path, 'image/tiff', { copyTo: `${path}.copy` }));
        assert.deepEqual([image.width, image.height, image.dominantColor], [LARGE.width, LARGE.height, '#ff0000']);
        assert.deepEqual(copy, { width: 2_048, height: 1_264, contentType: 'image/jpeg' });
      }
    });

    it('is sound without a working copy if its file cannot be written, and the decoder works on', async () => {
      await using imaging = createImaging({ timeoutSeconds: 60 });
      const absent = join(folder, 'absent/copy');
      const first = soundly(await imaging.inspect(large, 'image/png', { copyTo: absent }));
      assert.equal(first.copy, null);
      const [child] = await childrenOf(process.pid);
      const again = join(folder, 'again');
      const second = soundly(await imaging.inspect(large, 'image/png', { copyTo: again }));
      assert.deepEqual([second.image, second.copy?.contentType], [first.image, 'image/jpeg']);
      assert.ok(child && (await isAlive(child)));
    });
  });

  it('is unavailable for an absent file', async () => {
    await using imaging = createImaging({ timeoutSeconds: 60 });
    await assert.rejects(imaging.inspect(join(folder, 'nowhere'), 'image/png'), {
      code: 'unavailable',
      cause: /ENOENT/,
    });
  });

  it('kills a process whose thread hangs, and inspects the next file', WITH_PIPES, async () => {
    await using imaging = createImaging({ timeoutSeconds: 5 });
    await assert.rejects(imaging.inspect(await hangingFile(), 'image/png'), { code: 'decoder-failed' });
    assert.equal((await imaging.inspect(png, 'image/png')).outcome, 'sound');
  });

  describe('rendering', WITH_PIPES, () => {
    const source = (path: string): RenderSource => ({ path, contentType: 'image/png' });
    const output = (): RenderOutput => ({ recipe: RECIPE, path: join(folder, `rendition-${Math.random()}`) });
    const MADE = { outcome: 'made', contentType: 'image/webp', width: 20, height: 15 };
    /** The bytes of all, each of which is a small picture. */
    const bytesOf = async (rendered: readonly Rendered[] | Promise<readonly Rendered[]>): Promise<readonly Buffer[]> =>
      (await rendered).map((one) => {
        assert(one.outcome === 'made' && one.bytes);
        const { bytes, ...said } = one;
        assert.deepEqual(said, MADE);
        return Buffer.from(bytes);
      });

    /** A render of a file that hangs, and the hanging process. */
    const hangingRender = async (imaging: Imaging, to: RenderOutput) => {
      const pipe = await hangingFile();
      const rendered = imaging.render(source(pipe), [to], { urgency: 'request' });
      rendered.catch(() => {});
      const writer = await open(pipe, 'w'); // opens once the child reads
      const [child] = await childrenOf(process.pid);
      assert.ok(child);
      return { rendered, pipe, child, [Symbol.asyncDispose]: () => writer.close() };
    };

    it('runs in the same process as inspections, with the given limits', async () => {
      await using generous = createImaging({ timeoutSeconds: 60 });
      const [first, second] = [output(), output()];
      assert.equal((await generous.inspect(png, 'image/png')).outcome, 'sound');
      const children = await childrenOf(process.pid);
      const all = await bytesOf(generous.render(source(png), [first, second], { urgency: 'background' }));
      assert.equal(all.length, 2);
      assert.deepEqual(all[0], all[1]);
      assert.deepEqual(await childrenOf(process.pid), children);

      await using strict = createImaging({
        timeoutSeconds: 60,
        limits: { ...DEFAULT_LIMITS, maxPixels: eachType(() => 1199) },
      });
      const [refused] = await strict.render(source(png), [output()], { urgency: 'request' });
      assert.ok(refused?.outcome === 'refused');
      assert.equal(refused.refusal.code, 'too-many-pixels');
    });

    it('is not started for a client that has disconnected, nor is an inspection', async () => {
      await using imaging = createImaging({ timeoutSeconds: 60 });
      const client = clientAt('192.0.2.1', AbortSignal.abort(new Error('gone')));
      await assert.rejects(imaging.render(source(png), [output()], { urgency: 'request', ...client }), /gone/);
      await assert.rejects(imaging.inspect(png, 'image/png', client), /gone/);
    });

    it('is repeated if its process is killed', async () => {
      await using imaging = createImaging({ timeoutSeconds: 60 });
      const whole = await bytesOf(imaging.render(source(png), [output()], { urgency: 'request' }));
      await using hanging = await hangingRender(imaging, output());
      await copyFile(png, `${hanging.pipe}.png`);
      await rename(`${hanging.pipe}.png`, hanging.pipe);
      signalProcess(hanging.child, 'SIGKILL');
      assert.deepEqual(await bytesOf(hanging.rendered), whole);
    });

    it('fails if its process dies twice, and the next one succeeds', async () => {
      await using imaging = createImaging({ timeoutSeconds: 60 });
      await using hanging = await hangingRender(imaging, output());
      signalProcess(hanging.child, 'SIGKILL');
      await until(async () => !(await isAlive(hanging.child)));
      await using _writer = await open(hanging.pipe, 'w');
      const [second] = await childrenOf(process.pid);
      signalProcess(second, 'SIGKILL');
      await assert.rejects(hanging.rendered, { code: 'decoder-failed' });
      await bytesOf(imaging.render(source(png), [output()], { urgency: 'request' }));
    });

    it('is killed if the whole call takes too long, and the next one succeeds', async () => {
      await using imaging = createImaging({ timeoutSeconds: 5 });
      await using hanging = await hangingRender(imaging, output());
      await assert.rejects(hanging.rendered, {
        code: 'decoder-failed',
        detail: 'expected a result from the decoder within 5 s; got none',
      });
      await bytesOf(imaging.render(source(png), [output()], { urgency: 'request' }));
    });
  });

  describe('a reading of facts', () => {
    const TAKEN = '2024:07:14 18:22:31';
    const latest = new Date('2025-01-01');
    let picture: string;
    before(async () => {
      picture = join(folder, 'dated.jpg');
      const jpeg = sharp(await testImage({ type: 'image/jpeg', width: 40, height: 30 })).withExif({
        IFD0: { Make: 'Canon', Artist: 'Ada' },
        IFD2: { DateTimeOriginal: TAKEN },
      });
      await jpeg.toFile(picture);
    });

    it('says what an inspection says, of a file that is fetched too', async () => {
      await using imaging = createImaging({ timeoutSeconds: 60 });
      const inspected = soundly(await imaging.inspect(picture, 'image/jpeg', { latest })).facts;
      assert.equal(inspected.facts.taken?.at, '2024-07-14T18:22:31.000');
      assert.equal(inspected.details?.creator, 'Ada');
      assert.deepEqual(await imaging.readFacts(picture, 'image/jpeg', { latest }), inspected);
      const fetch = async () => ({ path: picture });
      assert.deepEqual(await imaging.readFacts({ sizeBytes: 1, fetch }, 'image/jpeg', { latest }), inspected);
    });

    it('has the urgency of background work', async () => {
      const urgencies: string[] = [];
      await using imaging = createImaging({
        timeoutSeconds: 60,
        observe: (event) => event.event === 'decoder-done' && urgencies.push(event.urgency),
      });
      await imaging.readFacts(picture, 'image/jpeg', { latest });
      await until(async () => urgencies.length > 0);
      assert.deepEqual(urgencies, ['background']);
    });

    it('believes no date after the latest', async () => {
      await using imaging = createImaging({ timeoutSeconds: 60 });
      const { facts } = await imaging.readFacts(picture, 'image/jpeg', { latest: new Date('2024-07-14T18:22:30Z') });
      assert.deepEqual([facts.taken, facts.camera], [null, 'Canon']);
    });

    it('needs no decoder of its type', async () => {
      await using imaging = createImaging({ timeoutSeconds: 60, maxPixels: eachType(() => 0) });
      assert.equal((await imaging.readFacts(picture, 'image/jpeg', { latest })).facts.camera, 'Canon');
    });

    it('tells a file that is gone from one that says nothing', async () => {
      await using imaging = createImaging({ timeoutSeconds: 60 });
      const gone = imaging.readFacts(join(folder, 'gone.jpg'), 'image/jpeg', { latest });
      await assert.rejects(gone, { code: 'unavailable' });
      assert.deepEqual(await imaging.readFacts(png, 'image/jpeg', { latest }), NOTHING_SAID);
    });

    it('is killed if it takes too long, and the next one succeeds', WITH_PIPES, async () => {
      await using imaging = createImaging({ timeoutSeconds: 2 });
      const pipe = await hangingFile();
      await assert.rejects(imaging.readFacts(pipe, 'image/jpeg', { latest }), { code: 'decoder-failed' });
      assert.equal((await imaging.readFacts(picture, 'image/jpeg', { latest })).facts.camera, 'Canon');
    });
  });

  it('does not keep an idle service running, and ends with it', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, service(png));
    assert.match(stdout, /"sound"/);
  });

  it('leaves no process behind if the service is killed, not even one that hangs in a thread', WITH_PIPES, async () => {
    const pipe = await hangingFile();
    const parent = spawn(process.execPath, service(pipe), { stdio: 'ignore' });
    assert.ok(parent.pid);
    await using _writer = await open(pipe, 'w'); // opens once the child reads
    const [child] = await childrenOf(parent.pid);
    assert.ok(child);
    parent.kill('SIGKILL');
    await until(async () => !(await isAlive(child)));
  });
});
