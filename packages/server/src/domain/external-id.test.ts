import assert from 'node:assert/strict';
import { it } from 'node:test';
import { externalIdFault, externalIdTaken } from './external-id.ts';
import type { ImageId } from './image/image-id.ts';
import { soundParams } from './params-by-code.ts';

it('an external id has at most 200 bytes, however many characters these are', () => {
  for (const text of ['a', 'a'.repeat(200), '€'.repeat(66), '\u{1f4f7}'.repeat(50), 'a b', '\u200b'])
    assert.equal(externalIdFault(text), undefined, text);
  for (const text of ['', 'a'.repeat(201), '€'.repeat(67), '\u{1f4f7}'.repeat(51), 'a\t', '\u3000a', '\udc00'])
    assert.notEqual(externalIdFault(text), undefined, text);
});

it('the error names the image, in values that a problem may have', () => {
  const id = '0198f0a0-0000-7000-8000-000000000001' as ImageId;
  for (const status of ['pending', 'held', 'ready', 'trashed'] as const) {
    const { detail, params } = externalIdTaken('a'.repeat(200), { id, status });
    assert.match(detail, new RegExp(`got "a{60}"\\.\\.\\., which .*${id}`));
    assert.deepEqual(soundParams('external-id-taken', params), { image_id: id, status });
  }
});
