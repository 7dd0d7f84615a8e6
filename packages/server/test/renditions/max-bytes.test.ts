import assert from 'node:assert/strict';
import { randomFillSync } from 'node:crypto';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import type { Imaging } from '../../src/imaging/imaging.ts';
import { createSharingService } from '../services/sharing-service.ts';
import { COPY, namedCopy, plantCopy, png, renderPath, upload } from './copied-images.ts';

/** The bytes of the source of each render. */
function watchedImaging() {
  const renders: number[] = [];
  const wrapImaging = (imaging: Imaging): Imaging => ({
    ...imaging,
    render(source, outputs, options) {
      renders.push('fetch' in source ? source.sizeBytes : 0);
      return imaging.render(source, outputs, options);
    },
  });
  return { renders, wrapImaging };
}

const noise = (width: number, height: number) =>
  sharp(randomFillSync(Buffer.alloc(width * height * 3)), { raw: { width, height, channels: 3 } });

describe('a picture that can’t have as few bytes as max_bytes', () => {
  it('is a 400 with both numbers, and is tried once', async () => {
    const { renders, wrapImaging } = watchedImaging();
    await using service = await createSharingService({
      environment: { PRESETS: 'tiny:max_bytes=1000' },
      overrides: { wrapImaging },
    });
    const id = await upload(service, await png(noise(300, 200)));
    const free = await renderPath(service, id, { format: 'jpeg', max_bytes: 1_000 });
    for (const path of [free, `/images/${id}/renditions/tiny`]) {
      const answers = [await service.request(path), await service.request(path)];
      const [first, second] = await Promise.all(answers.map((answer) => answer.json() as Promise<Problem>));
      assert.deepEqual([answers[0]?.status, first?.code], [400, 'rendition-failed'], JSON.stringify(first));
      assert.equal(first?.params['reason'], 'too-many-bytes');
      assert.equal(first?.params['limit_bytes'], 1_000);
      assert.ok(Number(first?.params['got_bytes']) > 1_000);
      assert.deepEqual([second?.detail, second?.params], [first?.detail, first?.params]);
    }
    assert.equal(renders.length, 2);
  });

  it('is not tried with the original, if its working copy has too many, and the copy stays', async () => {
    const { renders, wrapImaging } = watchedImaging();
    await using service = await createSharingService({ overrides: { wrapImaging } });
    const id = await upload(service, await png());
    const bytes = await noise(COPY.width, COPY.height).jpeg().toBuffer();
    await plantCopy(service, id, { ...COPY, bytes });
    const { sha256 } = await namedCopy(service, id);
    const answer = await service.request(await renderPath(service, id, { w: 1_000, format: 'webp', max_bytes: 1_000 }));
    assert.equal(answer.status, 400);
    assert.deepEqual(renders, [bytes.length]);
    assert.equal((await namedCopy(service, id)).sha256, sha256);
  });
});

interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly params: Readonly<Record<string, unknown>>;
}
