import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { exifBlock, jpegWith, xmpPacket } from '../../src/imaging/facts/exif.fixture.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { json, post } from '../services/service.ts';

/** Words and digits that stand nowhere but in the picture. */
const SECRETS = ['48.1234', '11.5678', 'SecretTitle', 'SecretWord', 'SecretText', 'SecretCreator', 'SecretOwner'];

const degrees = (value: number) => ({
  rationals: [
    [Math.round(value * 1e6), 1e6],
    [0, 1],
    [0, 1],
  ] as const,
});

async function tellingPicture(): Promise<Buffer> {
  const exif = exifBlock({
    image: { 271: 'Example', 272: 'One' },
    exif: { 36867: '2024:07:14 18:22:31' },
    gps: { 1: 'N', 2: degrees(48.1234), 3: 'E', 4: degrees(11.5678) },
  });
  const xmp = xmpPacket(`<dc:title>SecretTitle</dc:title><dc:description>SecretText</dc:description>
<dc:subject><rdf:Bag><rdf:li>SecretWord</rdf:li></rdf:Bag></dc:subject><dc:creator>SecretCreator</dc:creator>
<dc:rights>SecretOwner</dc:rights>`);
  return jpegWith(await testImage({ type: 'image/jpeg', width: 64, height: 48 }), [
    { code: 0xe1, data: Buffer.concat([Buffer.from('Exif\0\0'), exif]) },
    { code: 0xe1, data: Buffer.concat([Buffer.from('http://ns.adobe.com/xap/1.0/\0'), xmp]) },
  ]);
}

describe('the private facts of a picture', () => {
  let service: ClosedService;
  let id: string;
  let key: string;
  /** By who they are. */
  let credentials: Readonly<Record<string, string>>;
  before(async () => {
    service = await createClosedService({ environment: { EVENTS: 'on', USAGE: 'on' } });
    key = await service.keyOf({ owner: 'ada' });
    const uploaded = await service.as(
      key,
      '/images/upload',
      post(new Uint8Array(await tellingPicture()), 'image/jpeg'),
    );
    ({ image_id: id } = (await uploaded.json()) as { image_id: string });
    const mint = async (path: string, fields: object): Promise<string> => {
      const answer = await service.as(key, path, json(fields));
      return ((await answer.json()) as { token: string }).token;
    };
    credentials = {
      'another user': await service.keyOf({ owner: 'bob' }),
      'a key that uploads': await service.keyOf({ owner: 'ada', scopes: ['images:upload'] }),
      'a key that moderates': await service.keyOf({ actsAs: 'everyone', scopes: ['images:moderate'] }),
      'an upload token': await mint('/upload-tokens', {}),
      'a view token': await mint('/view-tokens', {}),
      'a view token with all that it can have': await mint('/view-tokens', { metadata: true, originals: true }),
    };
  });
  after(() => service[Symbol.asyncDispose]());

  const revealed = (text: string): string[] => SECRETS.filter((secret) => text.includes(secret));

  it('are told by their own route to who reads all images of the user, and no cache keeps them', async () => {
    const answer = await service.as(key, `/images/${id}/facts`);
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    const facts = (await answer.json()) as Record<string, unknown>;
    assert.deepEqual(facts['position'], { latitude: 48.1234, longitude: 11.5678 });
    assert.equal(facts['title'], 'SecretTitle');
    assert.equal(facts['description'], 'SecretText');
    assert.deepEqual(facts['keywords'], ['SecretWord']);
    assert.equal(facts['creator'], 'SecretCreator');
    assert.equal(facts['copyright'], 'SecretOwner');
    assert.equal(facts['taken_at'], '2024-07-14T18:22:31.000');
    assert.equal(facts['is_read'], true);
  });

  it('are told to nobody else', async () => {
    for (const [who, credential] of Object.entries(credentials)) {
      const answer = await service.as(credential, `/images/${id}/facts`);
      assert.ok([403, 404].includes(answer.status), `${who}: ${answer.status}`);
      assert.deepEqual(revealed(await answer.text()), [], who);
    }
    assert.equal((await service.request(`/images/${id}/facts`)).status, 401);
  });

  it('stand in no other answer, not even for who may read them', async () => {
    await service.as(key, `/images/${id}`, { ...json({ visibility: 'public' }), method: 'PATCH' });
    const link = (await (
      await service.as(key, `/images/${id}/links`, json({ what: 'preset', preset: 'thumb' }))
    ).json()) as {
      url: string;
    };
    const paths = [
      '/images',
      `/images/${id}/metadata`,
      `/images?fields=facts`,
      `/images?q=One`,
      '/events',
      `/images/${id}/links`,
      `/images/${id}/download`,
      `/images/${id}/renditions/thumb`,
      '/usage',
      '/whoami',
      new URL(link.url).pathname + new URL(link.url).search,
    ];
    for (const who of [key, ...Object.values(credentials)])
      for (const path of paths) {
        const answer = await service.as(who, path);
        const text = Buffer.from(await answer.arrayBuffer()).toString('latin1');
        assert.deepEqual(revealed(text + JSON.stringify([...answer.headers])), [], path);
      }
  });

  it('leave what everybody sees who sees metadata', async () => {
    const factsFor = async (credential: string) => {
      const answer = await service.as(credential, `/images/${id}/metadata`);
      return ((await answer.json()) as { facts: { camera: string } | null }).facts;
    };
    assert.equal((await factsFor(key))?.camera, 'Example One');
    assert.equal((await factsFor(credentials['a view token with all that it can have'] ?? ''))?.camera, 'Example One');
    assert.equal(await factsFor(credentials['a view token'] ?? ''), null);
  });
});
