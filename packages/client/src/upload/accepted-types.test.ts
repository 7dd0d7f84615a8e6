import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ALWAYS_ACCEPTED, acceptedTypes } from './accepted-types.ts';

const named = (...types: unknown[]) =>
  types.map((content_type) => ({ content_type, extensions: ['x'], max_pixels: 1 }));

describe('the types that a service accepts', () => {
  it('are those that it names', () => {
    assert.deepEqual(acceptedTypes(named('image/jpeg', 'image/heic', 'image/svg+xml')), [
      'image/jpeg',
      'image/heic',
      'image/svg+xml',
    ]);
  });

  it('are those of every version if it names none, or no types in any form', () => {
    for (const told of [undefined, null, 7, 'image/heic', {}, [], ['image/heic'], [null, [[]], 7], [{}]])
      assert.deepEqual(acceptedTypes(told), ALWAYS_ACCEPTED, JSON.stringify(told));
  });

  it('have the form of an image type, and at most ten are read', () => {
    const evil = ['text/html', 'image/', 'image/a"b', 'image/\u202egpj', `image/${'x'.repeat(21)}`, ['image/png'], 7];
    assert.deepEqual(acceptedTypes(named(...evil, 'image/png')), ['image/png']);
    const many = Array.from({ length: 99 }, (_, index) => `image/x${index}`);
    assert.deepEqual(acceptedTypes(named(...many)), many.slice(0, 10));
  });
});
