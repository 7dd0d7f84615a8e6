import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isRangeCurrent, judgePreconditions } from './preconditions.ts';

const validators = { entityTag: '"abc"', lastModified: new Date('2026-11-20T12:00:00.700Z') };
const header = (headers: Record<string, string>) => (name: string) => headers[name];

describe('a conditional request', () => {
  for (const [headers, expected] of [
    [{}, false],
    [{ 'if-none-match': '"abc"' }, true],
    [{ 'if-none-match': 'W/"abc"' }, true],
    [{ 'if-none-match': '"x", "abc"' }, true],
    [{ 'if-none-match': '*' }, true],
    [{ 'if-none-match': '"x"' }, false],
    [{ 'if-none-match': 'abc' }, false],
    [{ 'if-modified-since': 'Fri, 20 Nov 2026 12:00:00 GMT' }, true],
    [{ 'if-modified-since': 'Fri, 20 Nov 2026 11:59:59 GMT' }, false],
    [{ 'if-modified-since': 'Fri, 20 Nov 2026 13:00:00 GMT' }, true],
    [{ 'if-modified-since': 'yesterday' }, false],
    [{ 'if-none-match': '"x"', 'if-modified-since': 'Fri, 20 Nov 2026 13:00:00 GMT' }, false],
  ] as const) {
    it(`${expected ? 'finds the copy current' : 'finds no current copy'}: ${JSON.stringify(headers)}`, () => {
      assert.equal(judgePreconditions(header(headers), validators), expected ? 'not-modified' : 'passed');
    });
  }
});

describe('If-Range', () => {
  for (const [value, expected] of [
    [undefined, true],
    ['"abc"', true],
    ['"x"', false],
    ['W/"abc"', false],
    ['Fri, 20 Nov 2026 12:00:00 GMT', true],
    ['Fri, 20 Nov 2026 12:00:01 GMT', false],
  ] as const) {
    it(`${expected ? 'keeps' : 'drops'} the range: ${value}`, () => {
      assert.equal(isRangeCurrent(header(value === undefined ? {} : { 'if-range': value }), validators), expected);
    });
  }
});

describe('a precondition', () => {
  for (const headers of [
    { 'if-match': '"x"' },
    { 'if-match': 'W/"abc"' },
    { 'if-unmodified-since': 'Fri, 20 Nov 2026 11:59:59 GMT' },
    { 'if-match': '"x"', 'if-none-match': '"abc"' },
  ]) {
    it(`fails: ${JSON.stringify(headers)}`, () => {
      assert.equal(judgePreconditions(header(headers), validators), 'failed');
    });
  }

  it('passes for the current tag, for any tag, and for the second of the last modification', () => {
    for (const value of ['"abc"', '"x", "abc"', '*']) {
      assert.equal(judgePreconditions(header({ 'if-match': value }), validators), 'passed');
    }
    const later = { 'if-unmodified-since': 'Fri, 20 Nov 2026 12:00:00 GMT' };
    assert.equal(judgePreconditions(header(later), validators), 'passed');
  });
});
