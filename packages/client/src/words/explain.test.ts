import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type QuotaFault, type SafelightCode, SafelightError } from '../errors.ts';
import { explain, explainPause, explainWait } from './explain.ts';

const words = (
  code: SafelightCode,
  detail = 'expected one thing; got another',
  options: ConstructorParameters<typeof SafelightError>[2] = {},
): string => explain(new SafelightError(code, detail, options));

describe('words for people', () => {
  it('are those of the design', () => {
    for (const [code, detail, sentence, options] of [
      [
        'unsupported-type',
        'expected one of image/jpeg; got image/heic',
        "This is an iPhone HEIC photo. Safelight can't store HEIC yet: on the phone choose Settings > Camera > Formats > Most Compatible, or export it as JPEG.",
      ],
      [
        'unreadable-image',
        'expected a JPEG that ends with its EOI marker; got a truncated one',
        'This file is damaged: the picture ends too early. Try exporting it again.',
      ],
      ['upload-too-large', 'expected at most 52428800 bytes; got 66060288', '63 MB is over the limit of 50 MB.'],
      [
        'too-many-pixels',
        'expected at most 52,428,800 pixels; got 12,000 x 9,437',
        '113.3 megapixels is over the limit of 52.4. Export a smaller copy.',
      ],
      [
        'quota-exceeded',
        'expected at most 5368709120 bytes',
        'Your space is full: 5.0 of 5 GB used. Delete something, or ask an administrator for more.',
        { quota: { limit: 'bytes', max: 5_368_709_120, used: 5_341_020_000, reserved: 0, asked: 48_213_300 } },
      ],
    ] as const)
      assert.equal(words(code, detail, options), sentence);
  });

  it('tell what to do with each kind of file that is not supported', () => {
    const got = (format: string) =>
      words('unsupported-type', `expected a JPEG, PNG, WebP, GIF or AVIF image; got ${format}`);
    assert.match(got('HEIC: convert it to JPEG or AVIF'), /^This is an iPhone HEIC photo\..*export it as JPEG\.$/);
    assert.match(got('image/heic'), /^This is an iPhone HEIC photo\./);
    assert.match(got("TIFF or a camera's raw format: convert it"), /TIFF/);
    assert.match(got('SVG, which is code and not pixels: export it'), /SVG/);
    assert.match(got('PDF: export its pages as JPEG or PNG'), /PDF/);
    assert.match(got('a video: send a frame of it as JPEG'), /video/);
    assert.equal(got('other'), "This file isn't a picture that we support. Choose a JPEG, PNG, WebP, GIF or AVIF.");
  });

  it('tell a file that ends early from one that is damaged elsewhere', () => {
    assert.match(
      words('unreadable-image', 'expected a JPEG that ends with its EOI marker; got a truncated one'),
      /too early/,
    );
    assert.doesNotMatch(words('unreadable-image', 'expected sound chunks; got a wrong checksum'), /too early/);
  });

  it('say how much is too much', () => {
    assert.equal(
      words('upload-too-large', 'expected at most 52428800 bytes; got 66060288'),
      '63 MB is over the limit of 50 MB.',
    );
    assert.equal(
      words('upload-too-large', 'expected at most 52428800 bytes; got more'),
      'This file is over the limit of 50 MB.',
    );
    assert.equal(
      words('too-many-pixels', 'expected at most 52,428,800 pixels; got 12,000 x 9,437'),
      '113.3 megapixels is over the limit of 52.4. Export a smaller copy.',
    );
    assert.equal(
      words('too-many-pixels', 'expected at most 52,428,800 pixels; got 8,192 x 6,401'),
      '52.5 megapixels is over the limit of 52.4. Export a smaller copy.',
    );
    assert.equal(
      words('too-many-pixels', 'expected at most 5 channels; got 7'),
      'This picture is too large or too complex. Export a smaller copy.',
    );
  });

  it('say how full a quota is, by the numbers of the problem', () => {
    const full = (quota: QuotaFault): string => words('quota-exceeded', 'expected at most 1; got 2', { quota });
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

  it('explain what is wrong with a request for an upload', () => {
    const invalid = (pointer: string, detail: string) =>
      words('invalid-request', detail, { errors: [{ pointer, detail }] });
    assert.match(invalid('/size', 'expected at most 1048576 bytes; got 2097152'), /^2 MB is over the limit of 1 MB\.$/);
    assert.equal(
      invalid(
        '/content_type',
        'expected a type that the upload token permits, image/jpeg or image/webp; got image/gif',
      ),
      "This kind of picture isn't accepted here. Choose a JPEG or WebP.",
    );
    assert.equal(invalid('/tags/0', 'expected a text; got 1'), words('internal'));
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
