import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import sharp from 'sharp';
import { testImage } from '../../../../test/pictures/test-images.ts';
import type { Imaging } from '../../src/imaging/imaging.ts';
import { uploadPicture } from '../pictures/upload-picture.ts';
import { type Cloud, createCloud, NO_CLOUD } from '../services/cloud.ts';
import { createTestService, post, type TestService } from '../services/service.ts';
import { startFleet } from './fleet.ts';

const CLIENTS = 200;
const PHOTO = { type: 'image/jpeg', width: 1600, height: 1200 } as const;
/** A busy machine must not cause refusals here. */
const ENVIRONMENT = { FINALIZE_ON_READ: 'off', LOG_LEVEL: 'warn' };

const renditionsIn = async ({ bucket }: Cloud): Promise<string[]> => {
  const listing = new ListObjectsV2Command({ Bucket: bucket.name, Prefix: 'renditions/' });
  return ((await bucket.client.send(listing)).Contents ?? []).map(({ Key = '' }) => Key);
};

interface Picture {
  readonly entityTag: string | null;
  readonly bytes: Buffer;
}

async function pictureOf(answer: Response): Promise<Picture> {
  const bytes = Buffer.from(await answer.arrayBuffer());
  assert.equal(answer.status, 200, bytes.toString('utf8', 0, 500));
  return { entityTag: answer.headers.get('etag'), bytes };
}

async function requireOne(pictures: readonly Picture[], width: number): Promise<void> {
  const [first] = pictures;
  assert.ok(first && pictures.every(({ bytes }) => bytes.equals(first.bytes)), 'expected the same bytes for all');
  assert.deepEqual([...new Set(pictures.map(({ entityTag }) => entityTag))], [first.entityTag]);
  assert.equal((await sharp(first.bytes).metadata()).width, width);
}

/** Another service in the cloud, in this process, with another picture quality than the others. */
async function joinAs(cloud: Cloud, quality: number, begun: () => Promise<void>) {
  const counted = { renders: 0 };
  const wrapImaging = (imaging: Imaging): Imaging => ({
    ...imaging,
    async render(source, outputs, options) {
      counted.renders += 1;
      await begun();
      const own = outputs.map((output) => ({ ...output, recipe: { ...output.recipe, quality } }));
      return imaging.render(source, own, options);
    },
  });
  const service = await createTestService({ environment: { ...cloud.environment }, overrides: { wrapImaging } });
  return { counted, service };
}

describe('two processes that get requests for one new rendition', { skip: NO_CLOUD }, () => {
  it('serve the same to 200 concurrent clients, and store one', async () => {
    await using fleet = await startFleet({ services: 2, workers: 0, environment: ENVIRONMENT });
    const upload = `${fleet.services[0]?.origin}/images/upload?user_id=ada`;
    const uploaded = await fetch(upload, post(new Uint8Array(await testImage(PHOTO)), PHOTO.type));
    const { image_id: id } = (await uploaded.json()) as { image_id: string };
    const origins = Array.from({ length: CLIENTS }, (_, index) => fleet.services[index % 2]?.origin);
    const asked = origins.map((origin) => fetch(`${origin}/images/${id}/renditions/medium`).then(pictureOf));
    await requireOne(await Promise.all(asked), 1024);
    assert.equal((await renditionsIn(fleet.cloud)).length, 1);
  });

  it('make it at most once each, and both serve the one stored first', async () => {
    await using cloud = await createCloud();
    const both = Promise.withResolvers<void>();
    let underWay = 0;
    const begun = (): Promise<void> => {
      underWay += 1;
      if (underWay === 2) both.resolve();
      return both.promise;
    };
    const [one, other] = [await joinAs(cloud, 90, begun), await joinAs(cloud, 40, begun)];
    await using _one = one.service;
    await using _other = other.service;
    const id = await uploadPicture(one.service, PHOTO);
    const path = `/images/${id}/renditions/medium`;
    const ask = async (service: TestService) => pictureOf(await service.request(path));
    const asked = Array.from({ length: CLIENTS }, (_, index) => ask(index % 2 ? one.service : other.service));
    await requireOne(await Promise.all(asked), 1024);
    assert.deepEqual([one.counted.renders, other.counted.renders], [1, 1]);
    assert.equal((await renditionsIn(cloud)).length, 1);
    await requireOne([await ask(one.service), await ask(other.service)], 1024);
    assert.deepEqual([one.counted.renders, other.counted.renders], [1, 1]);
  });
});
