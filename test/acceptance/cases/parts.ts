import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import type { Image, UploadParts } from '../answers.ts';
import { type Api, bodyOf, json, newUser } from '../api.ts';
import { patientFetch } from '../patience.ts';
import { type Bytes, HTML, picture, pictureOfSize } from '../pictures.ts';
import { requireRefused, type StoreAnswer, storeAnswer } from '../store-answer.ts';

const MIB = 1_048_576;
/** The least of S3. */
const PART = 5 * MIB;

type Parts = Required<UploadParts>['parts'];
type PartUrl = Parts['urls'][number];

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const partOf = (bytes: Bytes, number: number): Bytes => bytes.subarray((number - 1) * PART, number * PART);

const sendTo = ({ url, headers }: Pick<PartUrl, 'url' | 'headers'>, body: Bytes): Promise<StoreAnswer> => {
  const { 'Content-Length': _, ...others } = headers; // that of the body
  return storeAnswer(patientFetch(url, { method: 'PUT', headers: others, body }));
};

async function sendGood(url: PartUrl, bytes: Bytes): Promise<void> {
  const status = await sendTo(url, partOf(bytes, url.number));
  assert.ok(status === 200 || status === 204, `part ${url.number} was answered ${status}`);
}

const changed = (url: string, change: (url: URL) => void): string => {
  const copy = new URL(url);
  change(copy);
  return copy.href;
};

/** A store refuses what isn't signed, or doesn't know the upload. */
const requireNotTaken = (answer: StoreAnswer, what: string): void => {
  if (answer !== 404) requireRefused(answer, what);
};

export const describeParts = (api: Api): void => {
  const most = api.limits.max_upload_bytes;

  describe('An upload in parts', { skip: most < 3 * PART && 'uploads are too small for parts' }, () => {
    interface Begun {
      readonly id: string;
      readonly bytes: Bytes;
      readonly parts: Parts;
    }

    async function begin(bytes: Bytes, fields: object = {}): Promise<Begun> {
      const asked = { user_id: newUser(), content_type: 'image/png', size: bytes.length, parts: true, ...fields };
      const grant = await api.ask<UploadParts & { readonly upload_url: null }>(
        '/uploads',
        json({ part_size: PART, ...asked }),
      );
      assert.ok(grant.parts, 'expected parts');
      return { id: grant.image_id, bytes, parts: grant.parts };
    }

    const ask = async (id: string, body: object = {}): Promise<Parts> => {
      const { parts } = await api.ask<UploadParts>(`/uploads/${id}/parts`, json(body));
      assert.ok(parts, 'expected a pending upload');
      return parts;
    };
    const complete = (id: string): Promise<Image> => api.ask(`/images/${id}/complete`, { method: 'POST' });
    const completeEarly = (id: string) => api.refused('upload-missing', `/images/${id}/complete`, { method: 'POST' });

    it('is granted with {part_size, count, checksums, received, urls}, and no upload_url', async () => {
      const bytes = await pictureOfSize(2 * PART + 1);
      const asked = { user_id: newUser(), content_type: 'image/png', size: bytes.length, parts: true, part_size: PART };
      const grant = await api.ask<UploadParts & Record<string, unknown>>('/uploads', json(asked));
      assert.deepEqual([grant['upload_url'], grant['headers'], grant.status], [null, {}, 'pending']);
      const { urls, ...parts } = grant.parts ?? assert.fail('no parts');
      assert.deepEqual(parts, { part_size: PART, count: 3, checksums: false, received: [] });
      assert.deepEqual(
        urls.map(({ number, size, headers }) => [number, size, headers]),
        [
          [1, PART, { 'Content-Length': String(PART) }],
          [2, PART, { 'Content-Length': String(PART) }],
          [3, 1, { 'Content-Length': '1' }],
        ],
      );
      assert.ok(Date.parse(grant.expires_at ?? '') > Date.parse(urls[0]?.expires_at ?? ''), 'it outlives its URLs');
    });

    it('arrives in any order, over renewed URLs, is listed, and completed', async () => {
      const { id, bytes, parts } = await begin(await pictureOfSize(2 * PART + 77_777), { filename: 'large.png' });
      const [first, second, third] = parts.urls;
      assert.ok(first && second && third);
      await sendGood(third, bytes);
      await completeEarly(id);
      await sendGood(first, bytes);
      const listed = await ask(id);
      assert.deepEqual([listed.received, listed.urls.map(({ number }) => number)], [[1, 3], [2]]);
      assert.equal((await api.metadata(id)).status, 'pending');
      const [renewed] = (await ask(id, { parts: [{ number: 2 }] })).urls;
      assert.ok(renewed);
      await sendGood(renewed, bytes);
      const image = await complete(id);
      assert.deepEqual(
        [image.status, image.size, image.sha256, image.filename],
        ['ready', bytes.length, sha256(bytes), 'large.png'],
      );
      assert.deepEqual(await bodyOf(await api.send(`/images/${id}`)), bytes);
      assert.deepEqual(await complete(id), image);
      const { status, parts: none, expires_at } = await api.ask<UploadParts>(`/uploads/${id}/parts`, json({}));
      assert.deepEqual([status, none, expires_at], ['ready', undefined, null]);
    });

    it('is one part if it is small', async () => {
      const { id, bytes, parts } = await begin(await picture());
      assert.deepEqual([parts.count, parts.urls.length], [1, 1]);
      await Promise.all(parts.urls.map((url) => sendGood(url, bytes)));
      assert.equal((await complete(id)).sha256, sha256(bytes));
    });

    it('keeps the last bytes of a part that is sent twice', async () => {
      const { id, bytes, parts } = await begin(await pictureOfSize(PART + 9));
      const [first, second] = parts.urls;
      assert.ok(first && second);
      const status = await sendTo(first, new Uint8Array(PART));
      assert.ok(status === 200 || status === 204, `${status}`);
      await sendGood(second, bytes);
      await sendGood(first, bytes);
      assert.equal((await complete(id)).sha256, sha256(bytes));
    });

    it('is verified like any other: other bytes than promised, or no picture, are refused', async () => {
      const right = await pictureOfSize(PART + 9);
      const promised = await begin(right, { sha256: sha256(right) });
      const wrong = await pictureOfSize(PART + 9);
      await Promise.all(promised.parts.urls.map((url) => sendGood(url, wrong)));
      await api.refused('content-mismatch', `/images/${promised.id}/complete`, { method: 'POST' });
      const page = new Uint8Array(PART + 9);
      page.set(HTML);
      const html = await begin(page);
      await Promise.all(html.parts.urls.map((url) => sendGood(url, page)));
      const answer = await api.send(`/images/${html.id}/complete`, { method: 'POST' });
      assert.equal(answer.status, 400, await answer.text());
    });

    it('takes no tampered number, length or upload, and no part after it was completed', async () => {
      const { id, bytes, parts } = await begin(await pictureOfSize(PART + 9));
      const other = await begin(await pictureOfSize(PART + 9));
      const [first, second] = parts.urls;
      const [otherFirst] = other.parts.urls;
      assert.ok(first && second && otherFirst);
      const uploadId = new URL(otherFirst.url).searchParams.get('uploadId') ?? '';
      for (const [what, change] of [
        ['another number', (url: URL) => url.searchParams.set('partNumber', '2')],
        ['another upload', (url: URL) => url.searchParams.set('uploadId', uploadId)],
        ['no upload', (url: URL) => url.searchParams.delete('uploadId')],
        ['another key', (url: URL) => (url.pathname = new URL(otherFirst.url).pathname)],
      ] as const)
        requireNotTaken(await sendTo({ ...first, url: changed(first.url, change) }, partOf(bytes, 1)), what);
      requireNotTaken(await sendTo(first, partOf(bytes, 1).subarray(1)), 'a byte less');
      requireNotTaken(await sendTo(second, bytes.subarray(PART - 1)), 'a byte more');
      assert.deepEqual((await ask(id)).received, []);
      assert.deepEqual((await ask(other.id)).received, []);

      await sendGood(first, bytes);
      await sendGood(second, bytes);
      const image = await complete(id);
      requireNotTaken(await sendTo(first, new Uint8Array(PART)), 'a part after the end');
      assert.deepEqual(await bodyOf(await api.send(`/images/${id}`)), bytes);
      assert.deepEqual(await api.metadata(id), image);
    });

    it('is completed once by twenty requests at the same time', async () => {
      const { id, bytes, parts } = await begin(await pictureOfSize(PART + 9));
      await Promise.all(parts.urls.map((url) => sendGood(url, bytes)));
      const images = await Promise.all(Array.from({ length: 20 }, () => complete(id)));
      assert.deepEqual(new Set(images.map(({ sha256 }) => sha256)), new Set([sha256(bytes)]));
      assert.deepEqual(await bodyOf(await api.send(`/images/${id}`)), bytes);
    });

    it('has checksums of parts where the store verifies them, and then needs them', async () => {
      const bytes = await pictureOfSize(PART + 9);
      const { id, parts } = await begin(bytes, { part_checksums: true });
      assert.equal(parts.checksums, !api.lacks('checksums'));
      if (!parts.checksums) return;
      assert.deepEqual(parts.urls, []);
      await api.refused('invalid-request', `/uploads/${id}/parts`, json({ parts: [{ number: 1 }] }), 'sha256');
      const asked = [1, 2].map((number) => ({ number, sha256: sha256(partOf(bytes, number)) }));
      const { urls } = await ask(id, { parts: asked });
      const [first] = urls;
      assert.ok(first);
      requireNotTaken(await sendTo(first, new Uint8Array(PART)), 'other bytes');
      assert.deepEqual((await ask(id)).received, []);
      await Promise.all(urls.map((url) => sendGood(url, bytes)));
      assert.equal((await complete(id)).sha256, sha256(bytes));
    });

    it('answers a repeated Idempotency-Key with what has arrived, and refuses another request with it', async () => {
      const bytes = await pictureOfSize(PART + 9);
      const fields = { user_id: newUser(), content_type: 'image/png', size: bytes.length, parts: true };
      const grant = (more: object = {}): [string, RequestInit] => [
        '/uploads',
        json({ ...fields, part_size: PART, ...more }, { 'Idempotency-Key': fields.user_id }),
      ];
      const first = await api.ask<UploadParts>(...grant());
      await Promise.all((first.parts?.urls ?? []).slice(0, 1).map((url) => sendGood(url, bytes)));
      const again = await api.ask<UploadParts>(...grant({ part_size: 2 * PART })); // a proposal: the first one stays
      const { part_size, received } = again.parts ?? assert.fail('no parts');
      assert.deepEqual([again.image_id, part_size, received], [first.image_id, PART, [1]]);
      assert.equal(again.expires_at, first.expires_at);
      await api.refused('idempotency-conflict', ...grant({ parts: false, part_size: null }));
    });

    it('raises a part size that the store doesn’t take', async () => {
      const { parts } = await begin(await pictureOfSize(PART + 9), { part_size: 1 });
      assert.ok(parts.part_size >= MIB, `${parts.part_size}`);
    });

    it('is deleted before its end: nothing of it can be completed or sent', async () => {
      const { id, bytes, parts } = await begin(await pictureOfSize(PART + 9));
      const [first] = parts.urls;
      assert.ok(first);
      await sendGood(first, bytes);
      assert.equal((await api.send(`/images/${id}`, { method: 'DELETE' })).status, 200);
      await api.refused('image-not-found', `/uploads/${id}/parts`, json({}));
      await api.refused('image-not-found', `/images/${id}/complete`, { method: 'POST' });
    });
  });

  describe('A grant of parts', () => {
    const asked = { content_type: 'image/png', size: 100, parts: true };
    const refusals: readonly (readonly [field: string, fields: object])[] = [
      ['size', { size: null }],
      ['method', { method: 'POST' }],
      ['part_size', { part_size: 0 }],
      ['part_size', { part_size: 1.5 }],
      ['part_size', { part_size: 1_073_741_825 }],
      ['part_size', { part_size: MIB, parts: false }],
      ['part_checksums', { part_checksums: true, parts: null }],
      ['parts', { parts: 'true' }],
    ];
    for (const [field, fields] of refusals)
      it(`is refused with ${JSON.stringify(fields)}`, async () => {
        await api.refused('invalid-request', '/uploads', json({ user_id: newUser(), ...asked, ...fields }), field);
      });

    it('gives URLs only for parts of the upload, at most a hundred at once', async () => {
      const { image_id: id } = await api.ask<UploadParts>('/uploads', json({ user_id: newUser(), ...asked }));
      const path = `/uploads/${id}/parts`;
      for (const [field, parts] of [
        ['number', [{ number: 2 }]],
        ['number', [{ number: 0 }]],
        ['number', [{ number: 10_001 }]],
        ['sha256', [{ number: 1, sha256: 'x' }]],
        ['parts', []],
        ['parts', Array.from({ length: 101 }, () => ({ number: 1 }))],
        ['parts', 1],
      ] as const)
        await api.refused('invalid-request', path, json({ parts }), field);
    });

    it('is of an upload that was granted with parts', async () => {
      const { image_id: id } = await api.grant({ user_id: newUser() });
      await api.refused('invalid-request', `/uploads/${id}/parts`, json({}), 'parts');
      const absent = '/uploads/01a1f82b-80d8-703c-9c86-1b8ba42038d1/parts';
      await api.refused('image-not-found', absent, json({}));
    });
  });
};
