import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFile, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import sharp, { type Sharp } from 'sharp';
import { AppError } from '../../src/domain/errors.ts';
import type { ReadyImage } from '../../src/domain/image/image.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { type ObjectKey, renditionsPrefix, workingCopyKey } from '../../src/domain/image/object-key.ts';
import type { Imaging } from '../../src/imaging/imaging.ts';
import { movingClock } from '../services/moving-clock.ts';
import { json, ORIGIN, type TestService } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';
import {
  bytesOf,
  COPY,
  colorOf,
  createEars,
  flat,
  isDue,
  jpeg,
  LARGE,
  maintain,
  namedCopy,
  plantCopy,
  png,
  readyRecord,
  render,
  storedCopies,
  storedRenditions,
  upload,
  waitingJobs,
} from './copied-images.ts';

const red = await png();
const redJpeg = await jpeg();

const OFF = { environment: { WORKING_COPIES: 'off' } };

describe('the upload of a large PNG', () => {
  const transparent = () =>
    sharp({ create: { ...LARGE, channels: 4, background: { r: 200, g: 30, b: 30, alpha: 0.5 } } });
  const deep = () => flat(LARGE).toColourspace('rgb16');
  const pictures: Record<string, readonly [() => Sharp, 'image/jpeg' | 'image/webp']> = {
    'in color': [() => flat(LARGE), 'image/jpeg'],
    'with transparency': [transparent, 'image/webp'],
    'with an alpha channel that is opaque': [() => flat(LARGE).ensureAlpha(1), 'image/jpeg'],
    'in gray': [() => flat(LARGE).grayscale(), 'image/jpeg'],
    'of 16 bits': [deep, 'image/jpeg'],
  };
  for (const [which, [picture, contentType]] of Object.entries(pictures))
    it(`${which} stores a working copy, which the record names`, async () => {
      await using service = await createSharingService();
      const id = await upload(service, await png(picture()));
      const copy = await namedCopy(service, id);
      assert.deepEqual({ ...copy, sha256: '', sizeBytes: 0 }, { ...COPY, contentType, sha256: '', sizeBytes: 0 });
      const key = workingCopyKey(id, copy);
      assert.deepEqual(await storedCopies(service, id), [key]);
      assert.ok(key.startsWith(`${renditionsPrefix(id)}copy/`));
      const stored = await service.services.objects.get(key);
      const bytes = new Uint8Array(await new Response(stored?.body).arrayBuffer());
      assert.equal(createHash('sha256').update(bytes).digest('hex'), copy.sha256);
      assert.equal(bytes.length, copy.sizeBytes);
      const { width, height, format, exif, icc, depth } = await sharp(bytes).metadata();
      assert.deepEqual(
        { width, height, type: `image/${format}`, depth },
        { ...COPY, type: contentType, depth: 'uchar' },
      );
      assert.deepEqual([exif, icc], [undefined, undefined]);
    });

  it('by a grant or a form stores one too, and leaves no temporary file', async () => {
    await using service = await createSharingService();
    const granted = await service.request('/uploads', json({ user_id: 'ada', content_type: 'image/png' }));
    const {
      image_id: granted_id,
      upload_url,
      headers,
    } = (await granted.json()) as {
      image_id: ImageId;
      upload_url: string;
      headers: Record<string, string>;
    };
    const put = await service.send(upload_url, { method: 'PUT', headers, body: red });
    assert.equal(put.status, 200);
    const form = new FormData();
    form.set('user_id', 'ada');
    form.set('file', new File([red], 'red.png', { type: 'image/png' }));
    const posted = await service.request('/images', { method: 'POST', body: form });
    const { image_id } = (await posted.json()) as { image_id: ImageId };
    for (const id of [granted_id, image_id]) assert.equal((await storedCopies(service, id)).length, 1, id);
    assert.deepEqual(
      (await service.storedFiles()).filter((path) => path.includes('/objects/tmp/')),
      [],
    );
  });

  it('answers the same with and without a copy, and so does everything that tells of the image', async () => {
    const told: string[] = [];
    for (const environment of [{ WORKING_COPIES: 'on' }, { WORKING_COPIES: 'off' }]) {
      await using service = await createSharingService({ environment });
      const answer = await service.request('/images/upload?user_id=ada', {
        method: 'POST',
        headers: { 'Content-Type': 'image/png' },
        body: red,
      });
      const uploaded = await answer.text();
      const { image_id: id } = JSON.parse(uploaded) as { image_id: ImageId };
      const hasCopy = (await storedCopies(service, id)).length;
      assert.equal(hasCopy, environment.WORKING_COPIES === 'on' ? 1 : 0);
      const paths = [`/images/${id}`, `/images/${id}/metadata`, '/images?user_id=ada', `/images/${id}/original`];
      const answers = await Promise.all(paths.map((path) => service.request(path)));
      const bodies = await Promise.all(answers.map((one) => one.text()));
      const key = (await readyRecord(service, id)).objectKey.split('/')[3] ?? '';
      told.push(
        [uploaded, ...bodies]
          .join('\n')
          .replaceAll(id, 'ID')
          .replaceAll(key, 'ATTEMPT')
          .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME'),
      );
    }
    assert.equal(told[0], told[1]);
    assert.match(told[0] ?? '', /"revision":\d/);
  });
});

describe('a rendition of an image with a working copy', () => {
  it('is made from the copy if that is at least twice as large', async () => {
    await using service = await createSharingService();
    const id = await upload(service, red);
    await plantCopy(service, id);
    for (const [transform, color] of [
      [{ w: 256 }, 'blue'],
      [{ w: 1_024 }, 'blue'],
      [{ w: 1_025 }, 'red'],
      [{ w: 2_600 }, 'red'],
      [{ w: 256, sharpen: 1 }, 'blue'],
      [{ w: 1_000, sharpen: 1 }, 'red'],
      [{ w: 300, h: 300, fit: 'cover' }, 'blue'],
      [{ w: 300, h: 300, fit: 'cover', position: 'focal' }, 'blue'],
      [{ w: 300, h: 300, fit: 'cover', position: 'attention' }, 'red'],
      [{ w: 300, h: 300, fit: 'cover', position: 'entropy' }, 'red'],
      [{ w: 300, h: 300, fit: 'pad', rotate: 90 }, 'blue'],
      [{ w: 300, crop: '0,0,2600,800' }, 'blue'],
      [{ w: 300, crop: '101,57,400,300' }, 'red'],
      [{ w: 300, format: 'webp', flip: 'h', blur: 2 }, 'blue'],
      [{ w: 300, format: 'avif', q: 40 }, 'blue'],
    ] as const)
      assert.equal(await colorOf(await render(service, id, transform)), color, JSON.stringify(transform));
  });

  it('by a preset is made from the copy, also in the background', async () => {
    await using service = await createSharingService({ environment: { EAGER_PRESETS: 'thumb,large' } });
    const id = await upload(service, red);
    await plantCopy(service, id);
    assert.equal(await colorOf(await bytesOf(await service.request(`/images/${id}/renditions/small`))), 'blue');
    await maintain(service, id);
    const eager = await service.request(`/images/${id}/renditions/thumb`);
    assert.equal(await colorOf(await bytesOf(eager)), 'blue');
    const large = await service.request(`/images/${id}/renditions/large`);
    assert.equal(await colorOf(await bytesOf(large)), 'red', 'expected 2,048 pixels to be made from the original');
  });

  it('has the same URL and the same key as one without', async () => {
    const told: unknown[] = [];
    for (const options of [{}, OFF]) {
      await using service = await createSharingService(options);
      const id = await upload(service, red);
      const answer = await service.request(`/images/${id}/metadata`);
      const { renditions } = (await answer.json()) as { renditions: Record<string, string> };
      for (const url of Object.values(renditions)) await bytesOf(await service.send(url));
      await render(service, id, { w: 300 });
      const keys = (await storedRenditions(service, id)).map((key) => key.split('/').slice(-2).join('/')).toSorted();
      assert.equal(keys.length, Object.keys(renditions).length + 1);
      told.push([Object.values(renditions).map((url) => url.replace(id, 'ID')), keys]);
    }
    assert.deepEqual(told[0], told[1]);
  });

  it('is read from the copy alone: a look-up finds the original unread', async () => {
    const calls: string[] = [];
    await using service = await createSharingService();
    const id = await upload(service, red);
    const { objects } = service.services;
    const { checkOut } = objects;
    objects.checkOut = (key, options) => {
      calls.push(key);
      return checkOut(key, options);
    };
    await render(service, id, { w: 300 });
    assert.deepEqual(calls, [workingCopyKey(id, await namedCopy(service, id))]);
  });
});

describe('the working copy of a large JPEG', () => {
  it('is made by maintenance after the first small rendition, and used by the next', async () => {
    await using service = await createSharingService();
    const id = await upload(service, redJpeg, 'image/jpeg');
    const { revision, maintainAt } = await readyRecord(service, id);
    assert.equal(maintainAt, null);
    assert.deepEqual(await storedCopies(service, id), []);
    await render(service, id, { w: 3_000, format: 'jpeg' });
    assert.equal(await isDue(service, id), false, 'expected no copy for a rendition that needs the original');
    await render(service, id, { w: 300 });
    assert.ok(await isDue(service, id));
    await maintain(service, id);
    const copy = await namedCopy(service, id);
    assert.deepEqual([copy.width, copy.height, copy.contentType], [2_048, 1_576, 'image/jpeg']);
    assert.deepEqual(await storedCopies(service, id), [workingCopyKey(id, copy)]);
    assert.equal((await readyRecord(service, id)).revision, revision);
    assert.equal(await isDue(service, id), false);
    await plantCopy(service, id, { width: 2_048, height: 1_576 });
    assert.equal(await colorOf(await render(service, id, { w: 301 })), 'blue');
  });

  it('has its eager presets made from it', async () => {
    const sources: string[] = [];
    await using service = await createSharingService({ environment: { EAGER_PRESETS: 'thumb,small' } });
    const id = await upload(service, redJpeg, 'image/jpeg');
    const { objects } = service.services;
    const { checkOut } = objects;
    objects.checkOut = (key, options) => {
      sources.push(key.split('/')[0] === 'images' ? 'original' : 'copy');
      return checkOut(key, options);
    };
    await maintain(service, id);
    assert.deepEqual(sources, ['original', 'copy']);
    assert.equal((await storedRenditions(service, id)).length, 2);
    assert.equal((await storedCopies(service, id)).length, 1);
  });

  it('made by two processes at once leaves one copy, which the record names', async () => {
    await using service = await createSharingService();
    const id = await upload(service, redJpeg, 'image/jpeg');
    await render(service, id, { w: 300 });
    await Promise.all([maintain(service, id), maintain(service, id)]);
    assert.deepEqual(await storedCopies(service, id), [workingCopyKey(id, await namedCopy(service, id))]);
  });

  it('is dropped if another process has named one of other bytes meanwhile', async () => {
    await using service = await createSharingService();
    const id = await upload(service, redJpeg, 'image/jpeg');
    await render(service, id, { w: 300 });
    const { objects } = service.services;
    const { put } = objects;
    let quicker: ObjectKey | undefined;
    objects.put = async (key, ...rest) => {
      objects.put = put;
      quicker = await plantCopy(service, id, { width: 2_048, height: 1_576 });
      return put(key, ...rest);
    };
    await maintain(service, id);
    assert.equal(workingCopyKey(id, await namedCopy(service, id)), quicker);
    assert.deepEqual(await storedCopies(service, id), [quicker]);
  });
});

describe('no working copy', () => {
  const animation = async (type: 'gif' | 'webp', { width, height }: { width: number; height: number }) => {
    const frames = await Promise.all(
      (['red', 'blue'] as const).map((color) => flat({ width, height }, color).png({ compressionLevel: 1 }).toBuffer()),
    );
    const joined = sharp(frames, { join: { animated: true } });
    return new Uint8Array(await (type === 'gif' ? joined.gif({ effort: 1 }) : joined.webp({ effort: 0 })).toBuffer());
  };
  const still = { width: 2_100, height: 2_000 };
  const pictures: Record<string, readonly [() => Promise<Uint8Array<ArrayBuffer>>, string]> = {
    'a large GIF': [async () => new Uint8Array(await flat(still).gif({ effort: 1 }).toBuffer()), 'image/gif'],
    'an animated WebP': [() => animation('webp', still), 'image/webp'],
    'a small PNG': [() => png(flat({ width: 2_000, height: 1_999 })), 'image/png'],
    'a PNG of few pixels, however long': [() => png(flat({ width: 8_000, height: 400 })), 'image/png'],
    'a JPEG of 12 megapixels': [() => jpeg(flat({ width: 4_000, height: 3_000 })), 'image/jpeg'],
  };
  for (const [which, [picture, type]] of Object.entries(pictures))
    it(`is made of ${which}, and maintenance is asked once at most`, async () => {
      const clock = movingClock();
      await using service = await createSharingService({ overrides: { clock } });
      const id = await upload(service, await picture(), type);
      for (const [w, format] of [
        [200, 'png'],
        [201, 'webp'],
        [202, 'png'],
      ] as const) {
        await render(service, id, { w, format });
        if (w > 200) assert.equal(await isDue(service, id), false);
        await maintain(service, id);
        clock.offsetMs += 2 * 3_600_000; // beyond every backoff
      }
      assert.deepEqual(await storedCopies(service, id), []);
      assert.equal((await readyRecord(service, id)).workingCopy, null);
      const told = await (await service.request(`/images/${id}/metadata`)).text();
      assert.doesNotMatch(told, /rendition_failures/);
    });

  it('is made, used or named anew with WORKING_COPIES=off, and one that exists stays', async () => {
    await using service = await createSharingService(OFF);
    const id = await upload(service, red);
    const large = await upload(service, redJpeg, 'image/jpeg');
    for (const one of [id, large]) {
      await render(service, one, { w: 300 });
      await maintain(service, one);
      assert.deepEqual(await storedCopies(service, one), []);
    }
    const key = await plantCopy(service, id);
    assert.equal(await colorOf(await render(service, id, { w: 301 })), 'red');
    await maintain(service, id);
    assert.deepEqual(await storedCopies(service, id), [key]);
    assert.ok((await readyRecord(service, id)).workingCopy);
    assert.equal((await service.request(`/images/${id}`, { method: 'DELETE' })).status, 200);
    assert.deepEqual(await storedCopies(service, id), []);
  });
});

describe('an upload whose working copy', () => {
  const FAULTS: Record<string, (service: TestService) => void> = {
    'is refused by the store': ({ services: { objects } }) => {
      const { put } = objects;
      objects.put = async (key, ...rest) => {
        if (!key.includes('/copy/')) return put(key, ...rest);
        objects.put = put;
        throw new AppError('unavailable', 'expected a store; got none');
      };
    },
    'cannot be kept in a temporary file': ({ services: { staging } }) => {
      const { stageFiles } = staging;
      staging.stageFiles = async (count, write) => {
        staging.stageFiles = stageFiles;
        for (const file of await stageFiles(count, write)) await file?.[Symbol.asyncDispose]();
        throw new AppError('insufficient-storage', 'expected space on the disk; got none');
      };
    },
    'finds no space for a temporary file': ({ services: { staging } }) => {
      const { stageFiles } = staging;
      staging.stageFiles = async () => {
        staging.stageFiles = stageFiles;
        throw new AppError('overloaded', 'expected free space in MAX_TEMPORARY_MB; got none');
      };
    },
    'cannot be named': ({ services: { images } }) => {
      const { replace } = images;
      images.replace = async (from, to) => {
        if (!('workingCopy' in to && to.workingCopy)) return replace(from, to);
        images.replace = replace;
        throw new AppError('unavailable', 'expected a database; got none');
      };
    },
  };
  for (const [how, spoil] of Object.entries(FAULTS))
    it(`${how} is ready, and its first rendition has another made`, async () => {
      await using service = await createSharingService();
      spoil(service);
      const id = await upload(service, red);
      assert.equal((await readyRecord(service, id)).workingCopy, null);
      assert.equal(await colorOf(await render(service, id, { w: 300 })), 'red');
      await maintain(service, id);
      assert.deepEqual(await storedCopies(service, id), [workingCopyKey(id, await namedCopy(service, id))]);
    });
});

describe('a working copy that crashes the decoder', () => {
  it('is tried again after a backoff, however many renditions ask, and given up in the end', async () => {
    const clock = movingClock();
    let attempts = 0;
    const wrapImaging = (imaging: Imaging): Imaging => ({
      ...imaging,
      async render(source, outputs, options) {
        if (outputs.every(({ recipe }) => recipe.format !== 'copy')) return imaging.render(source, outputs, options);
        attempts += 1;
        throw new AppError('decoder-failed', 'expected a result from the decoder; got a failure');
      },
    });
    await using service = await createSharingService({ overrides: { clock, wrapImaging } });
    const id = await upload(service, redJpeg, 'image/jpeg');
    const seen: number[] = [];
    let width = 100;
    for (const minutes of [0, 2, 5, 17, 61, 61, 10_000]) {
      clock.offsetMs += minutes * 60_000;
      for (let asked = 0; asked < 2; asked += 1) {
        width += 1;
        await render(service, id, { w: width });
        if (await isDue(service, id)) await maintain(service, id);
      }
      seen.push(attempts);
    }
    assert.deepEqual(seen, [1, 2, 3, 4, 5, 5, 5]);
    assert.doesNotMatch(await (await service.request(`/images/${id}/metadata`)).text(), /rendition_failures/);
    assert.equal((await service.request(`/images/${id}/renditions`, { method: 'DELETE' })).status, 200);
    await render(service, id, { w: 99 });
    await maintain(service, id);
    assert.equal(attempts, 6, 'expected a purge of renditions to clear its failures');
  });
});

describe('a working copy from which a rendition crashes the decoder', () => {
  const crashing = (isCrashing: (type: string) => boolean) => ({
    wrapImaging: (imaging: Imaging): Imaging => ({
      ...imaging,
      async render(source, outputs, options) {
        const { contentType } = 'fetch' in source ? await source.fetch(new AbortController().signal) : source;
        if (isCrashing(contentType)) throw new AppError('decoder-failed', 'expected a result; got a failure');
        return imaging.render(source, outputs, options);
      },
    }),
  });

  it('is kept if the original does the same: the recipe is to blame', async () => {
    await using service = await createSharingService({ overrides: crashing(() => true) });
    const id = await upload(service, red);
    const before = await namedCopy(service, id);
    assert.equal((await service.request(`/images/${id}/renditions/thumb`)).status, 503);
    assert.deepEqual(await namedCopy(service, id), before);
  });

  it('is forgotten if the original does not', async () => {
    await using service = await createSharingService({ overrides: crashing((type) => type === 'image/jpeg') });
    const id = await upload(service, red);
    assert.ok(await namedCopy(service, id));
    await render(service, id, { w: 300 });
    assert.equal((await readyRecord(service, id)).workingCopy, null);
  });
});

describe('a URL of a working copy', () => {
  it('is answered like that of an object which is not there', async () => {
    await using service = await createSharingService();
    const id = await upload(service, red);
    await bytesOf(await service.request(`/images/${id}/renditions/thumb`));
    const [copy] = await storedCopies(service, id);
    const [rendition] = await storedRenditions(service, id);
    assert.ok(copy && rendition);
    const signed = async (key: ObjectKey) => {
      const options = { publicOrigin: ORIGIN, expiresInSeconds: 60, contentType: 'image/jpeg', disposition: 'inline' };
      return service.send((await service.services.presigner.presignGet(key, options)).url);
    };
    assert.equal((await signed(rendition)).status, 200);
    const [refused, absent] = [await signed(copy), await signed(`${rendition.slice(0, -3)}abc` as ObjectKey)];
    assert.deepEqual([refused.status, absent.status], [404, 404]);
    const codeOf = async (answer: Response) => /<Code>(\w+)</.exec(await answer.text())?.[1];
    assert.equal(await codeOf(refused), await codeOf(absent));
  });
});

describe('a working copy that is lost', () => {
  const ears = createEars();
  let service: TestService;
  before(async () => {
    service = await createSharingService({ observe: ears.observe });
  });
  after(() => service[Symbol.asyncDispose]());

  const LOSSES: Record<string, (path: string) => Promise<void>> = {
    'is missing in the store': (path) => rm(path),
    'has other bytes, of the same size': async (path) => {
      const bytes = await readFile(path);
      await writeFile(
        path,
        bytes.map((byte, index) => (index === 300 ? byte ^ 1 : byte)),
      );
    },
    'has fewer bytes': async (path) => truncate(path, 1_000),
    'has more bytes': (path) => appendFile(path, 'more'),
    'is another picture': async (path) => {
      await rm(path);
      await writeFile(path, await jpeg(flat({ width: 100, height: 100 }, 'blue')));
    },
  };
  for (const [how, lose] of Object.entries(LOSSES))
    it(`because it ${how}, is replaced by the original at once, and by a new copy later`, async () => {
      const id = await upload(service, red);
      const first = await readyRecord(service, id);
      await lose(join(service.folder, 'objects', await plantCopy(service, id)));
      await requireRecovery(service, ears, first);
    });

  for (const [how, picture] of [
    ['is no picture', async () => Buffer.alloc(5_000, 'x')],
    ['breaks off', async () => (await jpeg(flat(COPY, 'blue'))).subarray(0, 5_000)],
    ['has another size', () => jpeg(flat({ width: 2_048, height: 1_261 }, 'blue'))],
    ['has another type', () => png(flat(COPY, 'blue'))],
  ] as const)
    it(`because it ${how}, though the record names it, is replaced by the original too`, async () => {
      const id = await upload(service, red);
      const first = await readyRecord(service, id);
      await plantCopy(service, id, { ...COPY, bytes: await picture() });
      await requireRecovery(service, ears, first);
    });

  it('leaves the one that another process has named meanwhile', async () => {
    const id = await upload(service, red);
    const lost = await plantCopy(service, id);
    await rm(join(service.folder, 'objects', lost));
    const { objects } = service.services;
    const { checkOut } = objects;
    let later: ObjectKey | undefined;
    objects.checkOut = async (key, ...rest) => {
      if (key === lost) {
        objects.checkOut = checkOut;
        later = await plantCopy(service, id, { width: 2_048, height: 1_576 });
      }
      return checkOut(key, ...rest);
    };
    assert.equal(await colorOf(await render(service, id, { w: 300 })), 'red');
    objects.checkOut = checkOut;
    assert.ok(later);
    assert.equal(workingCopyKey(id, await namedCopy(service, id)), later);
  });

  it('is reported and asked for by many renditions at once, and made once', async () => {
    const id = await upload(service, red);
    const { workingCopy } = await readyRecord(service, id);
    await rm(join(service.folder, 'objects', await plantCopy(service, id)));
    await waitingJobs(service); // those of other tests are leased from now on
    const colors = await Promise.all(
      Array.from({ length: 6 }, async (_, index) => colorOf(await render(service, id, { w: 300 + index }))),
    );
    assert.deepEqual(new Set(colors), new Set(['red']));
    assert.equal((await readyRecord(service, id)).workingCopy, null);
    assert.equal(await waitingJobs(service), 1);
    await maintain(service, id);
    assert.deepEqual((await readyRecord(service, id)).workingCopy, workingCopy);
  });
});

/**
 * A rendition, whose copy is lost, is made from the original; then the image gets the copy again that it had before.
 */
async function requireRecovery(
  service: TestService,
  ears: ReturnType<typeof createEars>,
  before: ReadyImage,
): Promise<void> {
  const { id } = before;
  const losses = ears.count('working-copy-lost');
  assert.equal(await colorOf(await render(service, id, { w: 300 })), 'red');
  assert.equal(ears.count('working-copy-lost'), losses + 1);
  const { workingCopy, revision } = await readyRecord(service, id);
  assert.deepEqual([workingCopy, revision], [null, before.revision]);
  await maintain(service, id);
  assert.deepEqual((await readyRecord(service, id)).workingCopy, before.workingCopy);
  const copy = workingCopyKey(id, await namedCopy(service, id));
  assert.ok((await storedCopies(service, id)).includes(copy));
  await render(service, id, { w: 301 });
  assert.equal(ears.count('working-copy-lost'), losses + 1, 'expected the new copy to be read');
}
