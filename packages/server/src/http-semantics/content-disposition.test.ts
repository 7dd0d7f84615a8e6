import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { repeatsOf } from '../../test/repeats.ts';
import { contentDisposition } from './content-disposition.ts';

/** RFC 6266 4.1, with the quoted-string of RFC 9110 without escapes and the ext-value of RFC 8187. */
const HEADER =
  /^(?:inline|attachment); filename="([\x20\x21\x23-\x5b\x5d-\x7e]*)"; filename\*=UTF-8''((?:[A-Za-z0-9!#$&+\-.^_`|~]|%[0-9A-Fa-f]{2})*)$/;

const wellFormed = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 255 }),
  fc.string({ unit: fc.constantFrom('"', '\\', '%', "'", '*', '(', ')', ';', '\r', '\n', '\0', '\x7f', 'é', '🌅') }),
);

describe('Content-Disposition', () => {
  const names: readonly (readonly [string, string, string])[] = [
    ['sunset.jpg', 'sunset.jpg', 'sunset.jpg'],
    ['my photo (1).jpg', 'my photo (1).jpg', 'my%20photo%20%281%29.jpg'],
    ['a"b\\c.jpg', 'a_b_c.jpg', 'a%22b%5Cc.jpg'],
    ['50%41.jpg', '50_41.jpg', '50%2541.jpg'],
    ["it's*.jpg", "it's*.jpg", 'it%27s%2a.jpg'],
    ['../../etc/passwd', '.._.._etc_passwd', '..%2F..%2Fetc%2Fpasswd'],
    ['a\r\nX-Evil: 1', 'a__X-Evil: 1', 'a%0D%0AX-Evil%3A%201'],
    ['tab\tnul\0del\x7f', 'tab_nul_del_', 'tab%09nul%00del%7F'],
    ['été.png', '_t_.png', '%C3%A9t%C3%A9.png'],
    ['🌅.png', '_.png', '%F0%9F%8C%85.png'],
  ];
  for (const [filename, plain, encoded] of names) {
    it(`names ${JSON.stringify(filename)} in ASCII and percent-encoded`, () => {
      const expected = `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
      assert.equal(contentDisposition('attachment', filename), expected);
    });
  }

  it('starts with the given disposition', () => {
    assert.match(contentDisposition('inline', 'a.png'), /^inline; /);
    assert.match(contentDisposition('attachment', 'a.png'), /^attachment; /);
  });

  it('matches the grammar for any filename', () => {
    fc.assert(
      fc.property(wellFormed, (filename) => {
        const value = contentDisposition('inline', filename);
        assert.match(value, HEADER);
        assert.equal(new Headers({ 'content-disposition': value }).get('content-disposition'), value);
      }),
      { numRuns: repeatsOf('dispositions').count },
    );
  });

  it('contains the exact filename in filename*', () => {
    fc.assert(
      fc.property(wellFormed, (filename) => {
        const encoded = HEADER.exec(contentDisposition('inline', filename))?.[2] ?? '';
        assert.equal(decodeURIComponent(encoded), filename);
      }),
    );
  });
});
