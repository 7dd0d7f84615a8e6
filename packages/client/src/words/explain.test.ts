import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type QuotaFault, type SafelightCode, SafelightError, type SafelightErrorOptions } from '../errors.ts';
import type { ProblemParams } from '../params-by-code.ts';
import { explain, explainPause, explainWait } from './explain.ts';

/** The detail misleads on purpose: no words come from it. */
const words = (code: SafelightCode, params?: ProblemParams, options: SafelightErrorOptions = {}): string =>
  explain(new SafelightError(code, 'expected at most 7 pixels; got image/heic, truncated', { ...options, params }));

describe('words for people', () => {
  it('are those of the design', () => {
    for (const [code, params, sentence, options] of [
      [
        'unsupported-type',
        { got: 'image/heic' },
        "HEIC files aren't supported here. On the iPhone choose Settings > Camera > Formats > Most Compatible, or export this one as JPEG.",
      ],
      [
        'unreadable-image',
        { reason: 'cut-off' },
        'This file is damaged: the picture ends too early. Try exporting it again.',
      ],
      ['upload-too-large', { limit_bytes: 52_428_800, got_bytes: 66_060_288 }, '63 MB is over the limit of 50 MB.'],
      [
        'too-many-pixels',
        { width: 12_000, height: 9_437, limit_pixels: 52_428_800 },
        '113.3 megapixels is over the limit of 52.4. Export a smaller copy.',
      ],
      [
        'quota-exceeded',
        undefined,
        'Your space is full: 5.0 of 5 GB used. Delete something, or ask an administrator for more.',
        { quota: { limit: 'bytes', max: 5_368_709_120, used: 5_341_020_000, reserved: 0, asked: 48_213_300 } },
      ],
    ] as const)
      assert.equal(words(code, params, options), sentence);
  });

  it('tell where the picture is that has an id already', () => {
    for (const [status, sentence] of [
      ['ready', 'There is a picture for this already.'],
      ['pending', 'There is an unfinished upload for this already. Try again later.'],
      ['trashed', 'There is a picture for this in the trash. Restore it, or delete it first.'],
    ] as const)
      assert.equal(words('external-id-taken', { image_id: 'one', status }), sentence);
    assert.equal(words('external-id-taken'), 'There is a picture for this already.');
  });

  it('tell what to do with each kind of file that is not supported', () => {
    const got = (type: string) => words('unsupported-type', { got: type });
    for (const [type, name, remedy] of [
      ['image/heif', 'HEIF', 'this one as JPEG'],
      ['image/tiff', 'TIFF', 'this one as JPEG'],
      ['image/x-adobe-dng', 'DNG', 'this one as JPEG'],
      ['image/x-raw', 'RAW', 'this one as JPEG'],
      ['image/bmp', 'BMP', 'this one as JPEG'],
      ['image/svg+xml', 'SVG', 'this one as PNG'],
      ['application/pdf', 'PDF', 'its pages as JPEG'],
    ] as const)
      assert.equal(got(type), `${name} files aren't supported here. Export ${remedy}.`);
    for (const type of ['video/mp4', 'video/quicktime']) assert.match(got(type), /video/);
    const ANOTHER = "This file isn't a picture that we support. Choose a JPEG, PNG, WebP, GIF or AVIF.";
    for (const type of ['image/<b>', 'constructor', 'text/plain']) assert.equal(got(type), ANOTHER);
    assert.match(words('unsupported-body', { got: 'image/heic' }), /HEIC/);
    assert.match(words('unsupported-type', { formats: ['image/jpeg', 'image/png'] }), /Choose a JPEG or PNG\.$/);
  });

  it('tell a file that ends early from one that is damaged elsewhere, and from an animation', () => {
    assert.match(words('unreadable-image', { reason: 'cut-off' }), /too early/);
    assert.doesNotMatch(words('unreadable-image', { reason: 'damaged' }), /too early/);
    const animated = (got: string) => words('unreadable-image', { reason: 'animated', got });
    assert.match(
      animated('image/png'),
      /^This is an animated PNG, which isn't supported\. Convert it to an animated WebP/,
    );
    assert.match(animated('image/avif'), /^This is an AVIF image sequence, which/);
  });

  it('say how much is too much', () => {
    const tooMany = (params: ProblemParams) => words('too-many-pixels', { limit_pixels: 52_428_800, ...params });
    assert.equal(words('upload-too-large', { limit_bytes: 52_428_800 }), 'This file is over the limit of 50 MB.');
    assert.equal(
      tooMany({ width: 8_192, height: 6_401 }),
      '52.5 megapixels is over the limit of 52.4. Export a smaller copy.',
    );
    assert.equal(
      tooMany({ width: 65_535, height: 65_535 }),
      'This file says it is 65,535 × 65,535 pixels, far over the limit of 52.4 megapixels. Export a smaller copy.',
    );
    assert.equal(tooMany({ width: 100, height: 100, frames: 9_999 }), words('too-many-pixels', { channels: 7 }));
  });

  it('tell why no picture came from a link', () => {
    for (const [sentence, ...reasons] of [
      ["This link isn't accepted here. Choose another one.", 'refused-url', 'refused-host'],
      ["This link doesn't answer. Try again later.", 'unreachable', 'timeout'],
      [
        'There is no picture at this link. Check it.',
        ...(['not-found', 'bad-status', 'too-many-redirects', 'broken'] as const),
      ],
    ] as const)
      for (const reason of reasons) assert.equal(words('fetch-failed', { reason }), sentence);
    assert.equal(words('fetch-failed'), 'There is no picture at this link. Check it.');
    assert.match(words('invalid-request', { reason: 'refused-host' }), /^This link isn't accepted here/);
    assert.equal(words('invalid-request', { reason: 'no-user' }), words('internal'));
  });

  it('are general without params, as from an older service, whatever the detail says', () => {
    for (const [code, sentence] of [
      ['unsupported-type', "This file isn't a picture that we support. Choose a JPEG, PNG, WebP, GIF or AVIF."],
      ['unreadable-image', 'This file is damaged. Try exporting it again.'],
      ['upload-too-large', 'This file is too large. Export a smaller copy.'],
      ['too-many-pixels', 'This picture is too large or too complex. Export a smaller copy.'],
      ['invalid-request', words('internal')],
    ] as const)
      assert.equal(words(code), sentence);
  });

  it('say how full a quota is, by the numbers of the problem', () => {
    const full = (quota: QuotaFault): string => words('quota-exceeded', undefined, { quota });
    const REMEDY = 'Delete something, or ask an administrator for more.';
    const GB = 1_073_741_824;
    for (const [limit, max, used, reserved, sentence] of [
      ['bytes', 5 * GB, 5 * GB - 40_000_000, 0, '5.0 of 5 GB'],
      ['bytes', 5 * GB, 3.2 * GB, 1.5 * GB, '4.7 of 5 GB'],
      ['bytes', 2.5 * GB, 100, 0, '0.0 of 2.5 GB'],
      ['bytes', 1_000, 999, 0, '999 of 1000 bytes'],
      ['images', 100, 99, 1, '100 of 100 pictures'],
    ] as const)
      assert.equal(full({ limit, max, used, reserved, asked: 1 }), `Your space is full: ${sentence} used. ${REMEDY}`);
    assert.match(full({ limit: 'pending', max: 10, used: 10, reserved: 0, asked: 1 }), /^Too many uploads are unfin/);
    assert.equal(words('quota-exceeded'), `Your space is full. ${REMEDY}`);
  });

  it('name the types that an upload token permits', () => {
    assert.equal(
      words('invalid-request', { formats: ['image/jpeg', 'image/webp'], got: 'image/gif' }),
      "This kind of picture isn't accepted here. Choose a JPEG or WebP.",
    );
    assert.match(words('invalid-request', { formats: ['image/png', 'image/heic'] }), / Choose a PNG or HEIC\.$/);
    assert.equal(words('invalid-request', { formats: ['text/html', 'image/<b>'] }), words('internal'));
  });

  it('say when to try again', () => {
    assert.equal(words('rate-limited', undefined, { retryAfter: 12 }), 'The service asks us to wait 12 s.');
    assert.equal(words('rate-limited'), 'The service asks us to wait a moment.');
    assert.deepEqual([40, 100, 900, 6_000].map(explainWait), [
      'The service asks us to wait 40 s.',
      'The service asks us to wait 2 min.',
      'The service asks us to wait 15 min.',
      'The service asks us to wait 2 h.',
    ]);
    assert.equal(words('overloaded', undefined, { retryAfter: 1 }), "We're busy at the moment. Try again in 1 second.");
    assert.equal(
      words('unavailable', undefined, { retryAfter: 600 }),
      "We're busy at the moment. Try again in 10 minutes.",
    );
    assert.equal(words('unavailable'), "We're busy at the moment. Try again in a moment.");
  });

  it('say that a queue continues by itself', () => {
    const limited = new SafelightError('rate-limited', 'expected fewer', { retryAfter: 12 });
    assert.equal(explainPause(limited, 3), 'Uploading too quickly. Continuing in 12 seconds.');
    assert.equal(explainPause(limited, 3, 1), 'Uploading too quickly. Continuing in 1 second.');
    assert.equal(explainPause(limited, 3, 0), 'Uploading too quickly. Continuing in a moment.');
    const gone = new SafelightError('network', 'expected an answer; got none');
    assert.equal(explainPause(gone, 14), 'The connection is gone. 14 uploads continue when it is back.');
    assert.equal(explainPause(gone, 10_000), 'The connection is gone. 10,000 uploads continue when it is back.');
    assert.equal(explainPause(gone, 1), 'The connection is gone. 1 upload continues when it is back.');
  });

  it('never show what is for programs, whatever fails', () => {
    const OURS = words('internal');
    for (const error of [
      new TypeError('x is not a function'),
      undefined,
      'text',
      new SafelightError('new' as 'internal', 'x'),
    ])
      assert.equal(explain(error), OURS);
    assert.doesNotMatch(OURS, /expected|internal/);
  });
});
