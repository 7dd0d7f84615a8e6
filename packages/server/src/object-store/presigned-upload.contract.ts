import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { repeatsOf } from '../../test/repeats.ts';
import type { Lacking } from './object-store.contract.ts';
import type { PresignerHarness } from './presigner.contract.ts';
import type { PresignedPost, PresignedRequest } from './presigner.ts';
import {
  collect,
  getBytes,
  id,
  image,
  incoming,
  outcomeOf,
  send,
  sendForm,
  sha256,
  somePng,
} from './sample-objects.fixture.ts';

/** Uploads with more signed than their type: an exact length, a checksum, or a form's policy. */
export function describePresignedUploads(
  name: string,
  create: () => Promise<PresignerHarness>,
  { lacks }: Lacking,
): void {
  describe(`${name} with a presigned PUT of a signed length`, () => {
    const presign = ({ presigner, publicOrigin }: PresignerHarness, sizeBytes: number) =>
      presigner.presignPut(incoming(), { publicOrigin, ...image, expiresInSeconds: 300, sizeBytes });

    it('accepts a body of exactly that length', async () => {
      await using harness = await create();
      const bytes = somePng();
      const request = await presign(harness, bytes.length);
      assert.deepEqual(request.headers, { 'Content-Type': 'image/png', 'Content-Length': '2000' });
      assert.equal(await outcomeOf(await send(request, bytes)), '200');
      assert.deepEqual(await getBytes(harness.store, incoming()), bytes);
    });

    for (const difference of [-1, 1])
      it(`refuses a body that is ${difference > 0 ? 'a byte longer' : 'a byte shorter'}`, async () => {
        await using harness = await create();
        const sent = { ...(await presign(harness, 2_000)), headers: { 'Content-Type': 'image/png' } };
        assert.equal(await outcomeOf(await send(sent, somePng(2_000 + difference))), '403 SignatureDoesNotMatch');
        assert.deepEqual(await collect(harness.store.list('incoming/')), []);
      });
  });

  const withoutChecksums = lacks.includes('checksums') && 'this store compares no checksums: finalize does';
  describe(`${name} with a presigned PUT of a signed checksum`, { skip: withoutChecksums }, () => {
    const bytes = somePng();
    const presign = ({ presigner, publicOrigin }: PresignerHarness) =>
      presigner.presignPut(incoming(), {
        publicOrigin,
        ...image,
        expiresInSeconds: 300,
        sizeBytes: bytes.length,
        sha256: sha256(bytes),
      });

    it('accepts the bytes with that checksum', async () => {
      await using harness = await create();
      const request = await presign(harness);
      assert.deepEqual(request.headers, {
        'Content-Type': 'image/png',
        'Content-Length': '2000',
        'If-None-Match': '*',
        'x-amz-checksum-sha256': Buffer.from(sha256(bytes), 'hex').toString('base64'),
      });
      assert.equal(await outcomeOf(await send(request, bytes)), '200');
      assert.deepEqual(await getBytes(harness.store, incoming()), bytes);
    });

    it('refuses other bytes of that length', async () => {
      await using harness = await create();
      assert.match(
        await outcomeOf(await send(await presign(harness), somePng())),
        /^400 (BadDigest|XAmzContentChecksumMismatch)$/,
      );
      assert.deepEqual(await collect(harness.store.list('incoming/')), []);
    });

    const without = (header: string) => (request: PresignedRequest) => ({
      ...request,
      headers: Object.fromEntries(Object.entries(request.headers).filter(([name]) => name !== header)),
    });
    const changes: readonly (readonly [string, (request: PresignedRequest) => PresignedRequest])[] = [
      ['without the checksum', without('x-amz-checksum-sha256')],
      [
        'with a checksum that isn’t the signed one',
        (request) => {
          const other = Buffer.from(sha256(somePng()), 'hex').toString('base64');
          return { ...request, headers: { ...request.headers, 'x-amz-checksum-sha256': other } };
        },
      ],
      ['without If-None-Match', without('If-None-Match')],
    ];
    for (const [how, change] of changes)
      it(`refuses a PUT ${how}`, async () => {
        await using harness = await create();
        assert.equal(await outcomeOf(await send(change(await presign(harness)), bytes)), '403 SignatureDoesNotMatch');
        assert.deepEqual(await collect(harness.store.list('incoming/')), []);
      });

    it('accepts the bytes once: a second PUT is refused while the object exists', async () => {
      await using harness = await create();
      assert.equal(await outcomeOf(await send(await presign(harness), bytes)), '200');
      assert.equal(await outcomeOf(await send(await presign(harness), bytes)), '412 PreconditionFailed');
      await harness.store.delete([incoming()]);
      assert.equal(await outcomeOf(await send(await presign(harness), bytes)), '200');
    });

    it('accepts one of several concurrent PUTs', async () => {
      await using harness = await create();
      for (let round = 0; round < repeatsOf('putRaces').count; round += 1) {
        const sent = Array.from({ length: 4 }, async () => send(await presign(harness), bytes));
        const outcomes = await Promise.all(sent.map(async (response) => outcomeOf(await response)));
        assert.equal(outcomes.filter((outcome) => outcome === '200').length, 1, outcomes.join());
        for (const outcome of outcomes)
          assert.match(outcome, /^(200|412 PreconditionFailed|409 ConditionalRequestConflict)$/);
        assert.deepEqual(await getBytes(harness.store, incoming()), bytes);
        await harness.store.delete([incoming()]);
      }
    });
  });

  describe(`${name} with a presigned form`, () => {
    const presign = ({ presigner, publicOrigin }: PresignerHarness): Promise<PresignedPost> =>
      presigner.presignPost(incoming(), {
        publicOrigin,
        ...image,
        expiresInSeconds: 300,
        minBytes: 100,
        maxBytes: 2_000,
      });

    it('accepts a file of any length within the limits, and returns the expiry of the form', async () => {
      await using harness = await create();
      for (const sizeBytes of [100, 1_000, 2_000]) {
        const bytes = somePng(sizeBytes);
        const post = await presign(harness);
        assert.equal(post.method, 'POST');
        assert.equal(post.expiresAt.getMilliseconds(), 0);
        assert(Math.abs(post.expiresAt.getTime() - Date.now() - 300_000) < 10_000);
        const response = await sendForm(post, bytes);
        assert.equal(await outcomeOf(response), '204');
        assert.deepEqual(await getBytes(harness.store, incoming()), bytes);
      }
    });

    const changeField = (name: string, change: (value: string) => string) => (post: PresignedPost) => ({
      ...post,
      fields: { ...post.fields, [name]: change(post.fields[name] ?? '') },
    });
    const dropField = (dropped: string) => (post: PresignedPost) => ({
      ...post,
      fields: Object.fromEntries(Object.entries(post.fields).filter(([name]) => name !== dropped)),
    });
    const rewritePolicy = (change: (json: string) => string) =>
      changeField('Policy', (base64) =>
        Buffer.from(change(Buffer.from(base64, 'base64').toString())).toString('base64'),
      );

    const broken: readonly (readonly [string, (post: PresignedPost) => PresignedPost, number, string])[] = [
      ['a byte more than allowed', (post) => post, 2_001, '400 EntityTooLarge'],
      ['a byte less than allowed', (post) => post, 99, '400 EntityTooSmall'],
      ['another key', changeField('key', (key) => key.replace(id(1), id(2))), 500, '403 AccessDenied'],
      ['another type', changeField('Content-Type', () => 'image/jpeg'), 500, '403 AccessDenied'],
      ['no type', dropField('Content-Type'), 500, '403 AccessDenied'],
      ['an additional field', changeField('x-amz-meta-note', () => 'hello'), 500, '403 AccessDenied'],
      ['an ACL', changeField('acl', () => 'public-read'), 500, '403 AccessDenied'],
      ['no key', dropField('key'), 500, '400 InvalidArgument'],
      ['no policy', dropField('Policy'), 500, '400 InvalidArgument'],
      ['no signature', dropField('X-Amz-Signature'), 500, '400 InvalidArgument'],
      ['a later expiry', rewritePolicy((json) => json.replace(/"20\d\d-/, '"2099-')), 500, '403 SignatureDoesNotMatch'],
      ['a larger limit', rewritePolicy((json) => json.replace('2000]', '9000]')), 500, '403 SignatureDoesNotMatch'],
      ['a truncated policy', changeField('Policy', (text) => text.slice(0, -4)), 500, '403 SignatureDoesNotMatch'],
      [
        'a tampered signature',
        changeField('X-Amz-Signature', (text) => (text.startsWith('0') ? '1' : '0') + text.slice(1)),
        500,
        '403 SignatureDoesNotMatch',
      ],
    ];
    for (const [what, change, sizeBytes, expected] of broken)
      it(`refuses a form with ${what}: ${expected}, and stores nothing`, async () => {
        await using harness = await create();
        const outcome = await outcomeOf(await sendForm(change(await presign(harness)), somePng(sizeBytes)));
        assert.ok([expected, '403 AccessDenied'].includes(outcome), outcome); // a store need not name the fault
        assert.deepEqual(await collect(harness.store.list('incoming/')), []);
      });

    it('refuses an expired form', async () => {
      await using harness = await create();
      harness.signingClock.offsetSeconds = -310;
      assert.equal(await outcomeOf(await sendForm(await presign(harness), somePng())), '403 AccessDenied');
      harness.signingClock.offsetSeconds = -290;
      assert.equal(await outcomeOf(await sendForm(await presign(harness), somePng())), '204');
    });

    it('accepts a field that is marked as ignored', async () => {
      await using harness = await create();
      const post = changeField('x-ignore-note', () => 'hello')(await presign(harness));
      assert.equal(await outcomeOf(await sendForm(post, somePng())), '204');
    });
  });
}
