import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expectedRevisions } from './if-match.ts';

describe('If-Match', () => {
  for (const [value, expected] of [
    [undefined, undefined],
    ['*', undefined],
    ['"3"', [3]],
    [' "3" , "4"', [3, 4]],
    ['"3.9f86d081884c7d65"', [3]],
    ['"3.9f86d081884c7d65", "4"', [3, 4]],
    ['W/"3"', []],
    ['W/"3.9f86d081884c7d65"', []],
    ['"3."', []],
    ['"3.xyz"', []],
    ['"3.ab.cd"', []],
    ['"abc"', []],
  ] as const) {
    it(`names the revisions ${JSON.stringify(expected)}: ${value}`, () =>
      assert.deepEqual(expectedRevisions(value), expected));
  }
  for (const value of ['', '3', '"3', '"3" "4"', '"3",', "'3'"]) {
    it(`is malformed: ${JSON.stringify(value)}`, () => {
      assert.throws(() => expectedRevisions(value), { code: 'invalid-request' });
    });
  }
});
