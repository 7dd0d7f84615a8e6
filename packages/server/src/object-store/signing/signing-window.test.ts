import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { repeatsOf } from '../../../test/repeats.ts';
import { presignGetObject } from './presigned-object.ts';
import { signedAsOf } from './signing-window.ts';
import { createSigner } from './sigv4.ts';

const signer = createSigner({
  credentials: { accessKeyId: 'AKID', secretAccessKey: 'only for tests' },
  region: 'us-east-1',
});
const address = { origin: 'http://127.0.0.1:8000', path: '/objects/safelight/renditions/a' };
const answer = { contentType: 'image/webp', disposition: 'inline' };

/** Whole milliseconds, from 1980 to 2099. */
const moment = fc.integer({ min: Date.UTC(1980), max: Date.UTC(2099) });
const asked = fc.integer({ min: 2, max: 604_800 }).chain((expiresInSeconds) =>
  fc.record({
    expiresInSeconds: fc.constant(expiresInSeconds),
    windowSeconds: fc.integer({ min: 1, max: expiresInSeconds - 1 }),
  }),
);

function presign(ms: number, options: { expiresInSeconds: number; windowSeconds?: number }) {
  const now = signedAsOf(new Date(ms), options);
  return presignGetObject({ signer, address, now }, { ...answer, ...options });
}

describe('a signing window', () => {
  it('has one URL, which differs from those of the adjacent windows', () => {
    fc.assert(
      fc.property(moment, asked, fc.nat(), (ms, options, other) => {
        const windowMs = options.windowSeconds * 1000;
        const begin = ms - (ms % windowMs);
        const { url, expiresAt } = presign(ms, options);
        assert.deepEqual(presign(begin + (other % windowMs), options), presign(ms, options));
        assert.notEqual(presign(begin + windowMs, options).url, url);
        assert.notEqual(presign(begin - 1, options).url, url);
        assert.equal(expiresAt.getTime(), begin + options.expiresInSeconds * 1000);
        assert.equal(new URL(url).searchParams.get('X-Amz-Expires'), String(options.expiresInSeconds));
      }),
      { numRuns: repeatsOf('signingWindows').count },
    );
  });

  it('never has an expired URL', () => {
    fc.assert(
      fc.property(moment, asked, (ms, options) => {
        assert(presign(ms, options).expiresAt.getTime() > ms);
      }),
      { numRuns: repeatsOf('signingWindows').count },
    );
  });

  it('is not used unless requested', () => {
    fc.assert(
      fc.property(moment, (ms) => {
        const { expiresAt } = presign(ms, { expiresInSeconds: 60 });
        assert.equal(expiresAt.getTime(), ms - (ms % 1000) + 60_000);
      }),
    );
  });

  for (const windowSeconds of [0, -1, 1.5, Number.NaN, 60, 61])
    it(`can’t be ${windowSeconds} s long for a URL of 60 s`, () => {
      const options = { expiresInSeconds: 60, windowSeconds };
      assert.throws(() => signedAsOf(new Date(), options), { name: 'AppError', code: 'internal' });
    });
});
