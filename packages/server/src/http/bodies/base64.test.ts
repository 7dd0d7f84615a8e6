import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { base64Length, decodeBase64 } from './base64.ts';

const bytes = fc.uint8Array({ maxLength: 200 });
const decoded = (text: string): Buffer => Buffer.from(decodeBase64(text).bytes);

describe('base64', () => {
  it('decodes to the encoded bytes, with or without padding', () => {
    fc.assert(
      fc.property(bytes, (given) => {
        const text = Buffer.from(given).toString('base64');
        assert.deepEqual(decoded(text), Buffer.from(given));
        assert.deepEqual(decoded(text.replaceAll('=', '')), Buffer.from(given));
      }),
    );
  });

  it('may have line breaks', () => {
    fc.assert(
      fc.property(bytes, fc.constantFrom('\n', '\r\n'), (given, space) => {
        const text = Buffer.from(given)
          .toString('base64')
          .replace(/(.{8})/g, `$1${space}`);
        assert.deepEqual(decoded(`${space}${text}${space}`), Buffer.from(given));
      }),
    );
  });

  it('has the calculated length', () => {
    fc.assert(
      fc.property(bytes, (given) => {
        assert.equal(base64Length(given.length), Buffer.from(given).toString('base64').length);
      }),
    );
  });

  it('without a data: URL declares no type', () => assert.equal(decodeBase64('/9j/').declaredType, undefined));

  it('decodes empty text to no bytes', () => assert.deepEqual(decoded(''), Buffer.alloc(0)));

  const wrong: Record<string, string> = {
    words: 'not base64!',
    'one digit': 'Q',
    'a surplus digit': 'QUJDR',
    'non-zero trailing bits': 'QR==',
    'base64url digits': '_9j_',
    'text after the padding': 'QQ==QQ==',
    'a non-ASCII letter': 'QUJé',
    'a percent-encoded line feed': 'QUJD%0A',
    'a data: URL that is not base64': 'data:image/png,QUJD',
    'a data: URL within': 'QUJDdata:;base64,QUJD',
  };
  for (const [what, text] of Object.entries(wrong)) {
    it(`is not decoded from ${what}`, () => {
      const detail = 'expected base64 (RFC 4648 4), bare or as a data: URL; got other text';
      assert.throws(() => decodeBase64(text), { code: 'invalid-request', errors: [{ pointer: '/file', detail }] });
    });
  }
});

describe('a data: URL', () => {
  const urls: readonly (readonly [string, string | undefined])[] = [
    ['data:image/png;base64,', 'image/png'],
    ['data:image/png;charset=utf-8;name=a.png;base64,', 'image/png'],
    ['DATA:Image/PNG;BASE64,', 'Image/PNG'],
    ['data:;base64,', undefined],
  ];
  for (const [prefix, type] of urls) {
    it(`declares ${type ?? 'no type'}: ${prefix}`, () => {
      const { bytes, declaredType } = decodeBase64(`${prefix}QUJD`);
      assert.equal(declaredType, type);
      assert.deepEqual(Buffer.from(bytes), Buffer.from('ABC'));
    });
  }

  it('with millions of parameters is refused as invalid base64', () => {
    const huge = `data:${';'.repeat(6_000_000)}`;
    assert.throws(() => decodeBase64(huge), { name: 'AppError', code: 'invalid-request' });
  });
});
