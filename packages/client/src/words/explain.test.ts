import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type SafelightCode, SafelightError } from '../errors.ts';
import { explain, explainPause } from './explain.ts';

const words = (
  code: SafelightCode,
  detail = 'expected one thing; got another',
  options: ConstructorParameters<typeof SafelightError>[2] = {},
): string => explain(new SafelightError(code, detail, options));

describe('words for people', () => {
  it('tell what to do with each kind of file that is not supported', () => {
    const got = (format: string) =>
      words('unsupported-type', `expected a JPEG, PNG, WebP, GIF or AVIF image; got ${format}`);
    assert.match(got('HEIC: convert it to JPEG or AVIF'), /^This is an iPhone HEIC photo\..*choose a JPEG\.$/);
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
      '63 MB is over the limit of 50 MB. Export a smaller copy.',
    );
    assert.equal(
      words('upload-too-large', 'expected at most 52428800 bytes; got more'),
      'This file is over the limit of 50 MB. Export a smaller copy.',
    );
    assert.equal(
      words('too-many-pixels', 'expected at most 52,428,800 pixels; got 12,000 x 9,437'),
      '108 megapixels is over the limit of 50. Export a smaller copy.',
    );
    assert.equal(
      words('too-many-pixels', 'expected at most 5 channels; got 7'),
      'This picture is too large or too complex. Export a smaller copy.',
    );
    const full = (limit: 'bytes' | 'images' | 'pending', max: number, used: number) =>
      words('quota-exceeded', 'expected less', { quota: { limit, max, used, reserved: 0, asked: 1 } });
    assert.equal(
      full('bytes', 5_368_709_120, 5_368_709_120),
      'Your space is full: 5.0 of 5 GB used. Delete something, or ask an administrator for more.',
    );
    assert.match(full('bytes', 5_368_709_120, 5_341_020_000), /^Your space is full: 4\.9 of 5 GB used\./);
    assert.match(full('images', 100, 100), /100 of 100 pictures/);
    assert.match(full('pending', 10, 10), /^Too many uploads are unfinished/);
    assert.match(words('quota-exceeded', 'of an older service'), /^Your space is full\. Delete something/);
  });

  it('explain what is wrong with a request for an upload', () => {
    const invalid = (pointer: string, detail: string) =>
      words('invalid-request', detail, { errors: [{ pointer, detail }] });
    assert.match(invalid('/size', 'expected at most 1048576 bytes; got 2097152'), /^2 MB is over the limit of 1 MB\./);
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
    assert.equal(
      words('rate-limited', undefined, { retryAfter: 12 }),
      'That was too quick for us. Try again in 12 seconds.',
    );
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
    const gone = new SafelightError('network', 'expected an answer; got none');
    assert.equal(explainPause(gone, 14), 'The connection is gone. 14 uploads continue when it is back.');
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
