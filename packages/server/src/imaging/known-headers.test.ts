import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createKnownHeaders } from './known-headers.ts';
import type { Header } from './pixels.ts';

const STILL: Header = {
  type: 'image/jpeg',
  width: 640,
  height: 480,
  frames: 1,
  channels: 3,
  orientation: 6,
  hasAlpha: false,
  isProgressive: false,
  pixels: 'rgb',
  timing: null,
};

describe('known headers', () => {
  it('are found by the hash of the bytes that they are of', () => {
    const headers = createKnownHeaders();
    headers.keep('a', STILL);
    assert.deepEqual(headers.find('a'), STILL);
    assert.equal(headers.find('b'), null);
  });

  it('are none of a file whose hash is unknown, or that has none', () => {
    const headers = createKnownHeaders();
    headers.keep(undefined, STILL);
    headers.keep('a', null);
    assert.equal(headers.find(undefined), null);
    assert.equal(headers.find('a'), null);
  });

  it('are none of animations', () => {
    const headers = createKnownHeaders();
    headers.keep('a', { ...STILL, type: 'image/gif', frames: 2, timing: { delay: [40, 40], loop: 0 } });
    assert.equal(headers.find('a'), null);
  });

  it('are four thousand at most, and those that came last', () => {
    const headers = createKnownHeaders();
    for (let index = 0; index < 5_000; index++) headers.keep(`${index}`, STILL);
    assert.equal(headers.find('0'), null);
    assert.equal(headers.find('900'), null);
    assert.deepEqual(headers.find('1000'), STILL);
    assert.deepEqual(headers.find('4999'), STILL);
  });
});
