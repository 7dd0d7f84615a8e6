import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { acceptedFormats } from './accepted-formats.ts';

const BOTH = { avif: true, webp: true };
const NEITHER = { avif: false, webp: false };
const WEBP = { avif: false, webp: true };
const AVIF = { avif: true, webp: false };

const CHROMIUM = 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8';

const cases: readonly (readonly [string | undefined, object])[] = [
  [undefined, NEITHER],
  ['', NEITHER],
  ['*/*', NEITHER],
  ['image/*,*/*;q=0.8', NEITHER],
  ['text/html', NEITHER],
  [CHROMIUM, BOTH],
  ['image/webp,*/*', WEBP],
  ['image/avif', AVIF],
  ['IMAGE/WebP', WEBP],
  ['\t image/avif \t, image/webp ', BOTH],
  [',,image/webp,', WEBP],
  ['image/webp;q=0', NEITHER],
  ['image/webp;q=0.000', NEITHER],
  ['image/webp;q=0.001', WEBP],
  ['image/webp;q=0.010', WEBP],
  ['image/webp;q=1.000', WEBP],
  ['image/webp;q=1', WEBP],
  ['image/webp ; Q=0.5', WEBP],
  ['image/webp;q=0.5;level=1', WEBP],
  ['image/avif;q=0,image/webp;q=0.1', WEBP],
  ['image/webp;q=', NEITHER],
  ['image/webp;q=2', NEITHER],
  ['image/webp;q=-1', NEITHER],
  ['image/webp;q=0.0001', NEITHER],
  ['image/webp;q=high', NEITHER],
  ['image/webp;level=1', NEITHER],
  ['image/webp;profile="a,b"', NEITHER],
  ['image/webpx', NEITHER],
  ['ximage/webp', NEITHER],
  ['image/webp image/avif', NEITHER],
];

describe('the accepted formats', () => {
  for (const [accept, formats] of cases) {
    it(`are those that Accept names with a weight above 0: ${accept}`, () =>
      assert.deepEqual(acceptedFormats(accept), formats));
  }

  it('do not depend on earlier requests', () => {
    for (const accept of [CHROMIUM, '*/*', CHROMIUM, undefined, '*/*']) {
      assert.deepEqual(acceptedFormats(accept), accept === CHROMIUM ? BOTH : NEITHER);
    }
  });
});
