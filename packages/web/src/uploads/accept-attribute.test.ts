import assert from 'node:assert/strict';
import { it } from 'node:test';
import { acceptAttribute } from './accept-attribute.ts';

const JPEG = { content_type: 'image/jpeg', extensions: ['jpg', 'jpeg'], max_pixels: 1 };
const HEIC = { content_type: 'image/heic', extensions: ['heic', 'hif'], max_pixels: 1 };

it('offers the types of the service, and on a desktop the file names that its dialog may not know', () => {
  for (const [types, isPhone, accept] of [
    [[JPEG, HEIC], false, 'image/jpeg,image/heic,.heic,.hif'],
    [[JPEG, HEIC], true, 'image/jpeg,image/heic'],
    [[JPEG], false, 'image/jpeg'],
    [undefined, false, 'image/jpeg,image/png,image/webp,image/gif,image/avif'],
  ] as const)
    assert.equal(acceptAttribute(types?.slice(), { isPhone }), accept);
});
