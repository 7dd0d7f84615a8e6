import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AppError } from '../errors.ts';
import { arbitraryTransforms } from './arbitrary-transforms.fixture.ts';
import type { Transform } from './transform.ts';
import { canonicalTransform, parseTransform, TRANSFORM_PARAMETERS } from './transform-parameters.ts';

const pointerOf = (name: string): string => `?${name}`;
const parse = (query: string): Transform => parseTransform(new URLSearchParams(query), pointerOf);
const canonical = (query: string): string => canonicalTransform(parse(query));

const problemsOf = (query: string): Record<string, string> => {
  try {
    parse(query);
  } catch (error) {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, 'invalid-request');
    assert.equal(error.detail, error.errors.map(({ pointer, detail }) => `${pointer}: ${detail}`).join('. '));
    return Object.fromEntries(error.errors.map(({ pointer, detail }) => [pointer, detail]));
  }
  return {};
};

const NAMES =
  'w, h, fit, position, crop, rotate, flip, format, q, dpr, blur, sharpen, background, page, padding, enlarge, pixelate, brightness, contrast, saturation, gray, tint, radius, max_bytes, trim, watermark, watermark_position, watermark_scale, watermark_opacity, watermark_tiles';

describe('the canonical form of a transform', () => {
  it('parses to the same transform, and is itself canonical', () => {
    fc.assert(
      fc.property(arbitraryTransforms, (transform) => {
        const text = canonicalTransform(transform);
        assert.deepEqual(parse(text), transform);
        assert.equal(canonical(text), text);
      }),
    );
  });

  it('is the same for any order of parameters', () => {
    const shuffled = arbitraryTransforms.chain((transform) => {
      const entries = [...new URLSearchParams(canonicalTransform(transform))];
      return fc.record({
        transform: fc.constant(transform),
        entries: fc.shuffledSubarray(entries, { minLength: entries.length }),
      });
    });
    fc.assert(
      fc.property(shuffled, ({ transform, entries }) => {
        assert.equal(canonicalTransform(parseTransform(entries, pointerOf)), canonicalTransform(transform));
      }),
    );
  });

  it('is a URL query that needs no encoding', () => {
    fc.assert(
      fc.property(arbitraryTransforms, (transform) => {
        const text = canonicalTransform(transform);
        assert.equal(new URL(`http://localhost/?${text}`).search.slice(1), text);
        assert.match(text, /^[a-z0-9_=&.,-]*$/);
      }),
    );
  });

  it('has the order of the table of parameters', () => {
    const all =
      'w=512&h=300&fit=cover&position=0.25,1&crop=0,1,2,3&rotate=90&flip=hv&format=webp&q=70&dpr=1.5&blur=0.3';
    assert.equal(canonical(`page=7&background=ffcc0080&${all}`), `${all}&background=ffcc0080&page=7`);
    assert.equal(canonical('sharpen=2&w=9'), 'w=9&sharpen=2');
  });

  it('is empty without parameters', () => assert.equal(canonical(''), ''));

  const spellings: readonly (readonly [given: string, text: string])[] = [
    ['w=0512', 'w=512'],
    ['blur=0.50', 'blur=0.5'],
    ['blur=2.00', 'blur=2'],
    ['w=1&dpr=1.00', 'w=1'],
    ['dpr=1', ''],
    ['background=FFF', 'background=ffffff'],
    ['background=f008', 'background=ff000088'],
    ['background=f00f', 'background=ff0000'],
    ['background=AbCdEfFF', 'background=abcdef'],
    ['w=1&h=1&fit=cover&position=center', 'w=1&h=1&fit=cover'],
    ['w=1&h=1&fit=cover&position=0.50,0.5000', 'w=1&h=1&fit=cover'],
    ['w=1&h=1&fit=pad&position=0.0,1.0', 'w=1&h=1&fit=pad&position=0,1'],
    ['crop=00,1,02,3', 'crop=0,1,2,3'],
    ['crop=1%2C2%2C3%2C4', 'crop=1,2,3,4'],
    ['fit=inside&position=centre&rotate=0&format=auto', ''],
    ['flip=vh', 'flip=hv'],
    ['format=jpg', 'format=jpeg'],
    ['brightness=-0', ''],
    ['contrast=-05&saturation=000', 'contrast=-5'],
    ['tint=FC0', 'tint=ffcc00'],
    ['gray=0', ''],
    ['padding=0', ''],
    ['w=1&enlarge=0', 'w=1'],
    ['padding=0,0,0,00', ''],
    ['padding=020', 'padding=20'],
    ['padding=20,20,20,20', 'padding=20'],
    ['padding=20%2C20,20,21', 'padding=20,20,20,21'],
  ];
  for (const [given, text] of spellings) {
    it(`of ${given} is ${text || 'empty'}`, () => assert.equal(canonical(given), text));
  }
});

const PERCENT = 'a whole number from -100 to 100';

describe('a parameter', () => {
  const wrong: Record<string, { readonly values: string; readonly given: readonly string[] }> = {
    w: {
      values: 'a whole number from 1 to 4096',
      given: ['', '0', '4097', '-1', '1.5', '1e3', '0x10', ' 1', '１', 'auto'],
    },
    h: { values: 'a whole number from 1 to 4096', given: ['', '0', '4097', '9'.repeat(400)] },
    fit: { values: 'one of inside, cover, pad', given: ['', 'contain', 'COVER', 'cover,pad', 'toString', '__proto__'] },
    position: {
      values: 'centre, focal, attention, entropy, or x,y as fractions from 0 to 1 with at most 4 decimals, as 0.25,0.7',
      given: [
        '',
        'top',
        '0.5',
        '0.5,',
        '0.5,0.5,0.5',
        '1.1,0',
        '-0.1,0',
        '0.12345,0',
        '.5,.5',
        '1.5,1',
        'Centre',
        'Focal',
        'focal,0.5',
        '50%,50%',
      ],
    },
    crop: {
      values: 'left,top,width,height in whole pixels, as 0,0,640,480',
      given: [
        '',
        '1,2,3',
        '1,2,3,4,5',
        '0,0,0,1',
        '0,0,1,0',
        '-1,0,1,1',
        '0.5,0,1,1',
        '0,0,100000,1',
        '0 0 1 1',
        ',,1,1',
      ],
    },
    rotate: { values: 'one of 0, 90, 180, 270', given: ['', '45', '360', '-90', '90.0'] },
    flip: { values: 'one of h, v, hv', given: ['', 'none', 'H', 'hh', 'horizontal'] },
    format: { values: 'one of auto, jpeg, png, webp, avif', given: ['', 'gif', 'JPEG', 'image/webp', 'plain'] },
    q: { values: 'a whole number from 1 to 100', given: ['', '0', '101', '80%'] },
    dpr: {
      values: 'a number from 1 to 4 with at most 2 decimals',
      given: ['', '0.5', '4.01', '1.234', '2x', '1.', 'Infinity'],
    },
    blur: {
      values: 'a number from 0.3 to 100 with at most 2 decimals',
      given: ['', '0', '0.29', '100.01', '1e1', 'NaN', '1,5'],
    },
    sharpen: { values: 'a number from 0.1 to 10 with at most 2 decimals', given: ['', '0.09', '10.01', 'true'] },
    background: {
      values: '3, 4, 6 or 8 hex digits (RGB, RGBA), as ffcc00',
      given: ['', '#fff', 'ff', 'fffff', 'fffffff', 'fffffffff', 'white', 'ggg'],
    },
    page: { values: 'a whole number from 0 to 4999', given: ['', '-1', '5000', 'last'] },
    padding: {
      values: 'pixels on all sides, or top,right,bottom,left, each from 0 to 4096, as 20 or 10,20,10,20',
      given: [
        '',
        '4097',
        '-1',
        '1,2',
        '1,2,3',
        '1,2,3,4097',
        '1,2,3,4,5',
        '1,,3,4',
        '1.5',
        'NaN',
        'Infinity',
        '1e3',
        '10px',
      ],
    },
    enlarge: { values: 'one of 0, 1', given: ['', '2', '-1', '01', 'true', 'yes', 'NaN', '1.0'] },
    pixelate: { values: 'a whole number from 2 to 256', given: ['', '0', '1', '257', '-2', '2.5', 'NaN', '1e2'] },
    brightness: {
      values: PERCENT,
      given: ['', '-101', '101', '+1', '--1', '1.5', 'NaN', '-Infinity', '1e1', '-', '−5'],
    },
    contrast: { values: PERCENT, given: ['', '-101', '101', '-1000', 'high'] },
    saturation: { values: PERCENT, given: ['', '-101', '101', '50%', 'null'] },
    gray: { values: 'one of 0, 1', given: ['', '2', 'true', '-0'] },
    tint: {
      values: '3 or 6 hex digits (RGB), as ffcc00',
      given: ['', 'red', '#fff', 'ffff', 'ff000080', 'ffccx0', 'NaN'],
    },
    radius: {
      values: 'a whole number from 1 to 2048, or circle',
      given: ['', '0', '2049', '-1', '1.5', 'Circle', 'circle,1', '50%', 'NaN', 'Infinity'],
    },
    max_bytes: {
      values: 'a whole number from 1000 to 10485760',
      given: ['', '0', '999', '10485761', '999999999', '1e6', '2MB', '1_000', '0x400', '-1000', '1000.5', ' 1000'],
    },
    trim: { values: 'a whole number from 1 to 255', given: ['', '0', '256', '-1', '1.5', 'auto', 'ffffff'] },
    watermark: {
      values: 'a name of a-z, 0-9, _ and -, at most 32',
      given: ['', 'Logo', '-a', 'a b', '../logo', 'a&b', 'a'.repeat(33), 'lögo'],
    },
    watermark_position: {
      values: 'centre, or x,y as fractions from 0 to 1 with at most 4 decimals, as 0.25,0.7',
      given: ['', 'focal', '1.1,0', '0.5', '0,0,0', '-0,0', 'attention'],
    },
    watermark_scale: {
      values: 'a number from 0.01 to 1 with at most 2 decimals',
      given: ['', '0', '0.001', '1.01', '2', '-1'],
    },
    watermark_opacity: {
      values: 'a number from 0.01 to 1 with at most 2 decimals',
      given: ['', '0', '0.005', '1.1', '50%'],
    },
    watermark_tiles: { values: 'one of 0, 1', given: ['', '2', 'true', '-1'] },
  };
  for (const [name, { values, given }] of Object.entries(wrong)) {
    for (const text of given) {
      it(`is refused with the expected and the given value: ${name}=${text.slice(0, 40)}`, () => {
        const came = text.length > 60 ? `"${text.slice(0, 60)}"...` : `"${text}"`;
        assert.deepEqual(problemsOf(new URLSearchParams([[name, text]]).toString()), {
          [`?${name}`]: `expected ${values}; got ${came}`,
        });
      });
    }
  }

  it('has invalid values in this table', () => {
    assert.deepEqual(Object.keys(wrong).join(', '), NAMES);
    assert.deepEqual(
      Object.values(TRANSFORM_PARAMETERS)
        .map(({ name }) => name)
        .join(', '),
      NAMES,
    );
  });

  it('may be at either end of its range', () => {
    for (const end of ['w=1', 'w=4096', 'h=1', 'h=4096', 'q=1', 'q=100', 'w=1&dpr=4', 'blur=0.3', 'blur=100'])
      assert.equal(canonical(end), end);
    for (const name of ['brightness', 'contrast', 'saturation'])
      for (const value of [-100, -1, 1, 100]) assert.equal(canonical(`${name}=${value}`), `${name}=${value}`);
    for (const end of [
      'radius=1',
      'radius=2048',
      'radius=circle',
      'pixelate=2',
      'pixelate=256',
      'padding=4096',
      'padding=0,4096,0,1',
    ])
      assert.equal(canonical(end), end);
    for (const end of ['max_bytes=1000', 'max_bytes=10485760', 'trim=1', 'trim=255']) assert.equal(canonical(end), end);
    for (const end of ['sharpen=0.1', 'sharpen=10', 'page=0', 'page=4999', 'crop=99999,99999,99999,99999'])
      assert.equal(canonical(end), end);
  });

  const unknown = { width: '', W: ': did you mean `w`?', fm: '', '': '', ['__proto__']: '', constructor: '' };
  for (const [name, question] of Object.entries(unknown)) {
    it(`is refused if it is unknown: ${JSON.stringify(name)}`, () => {
      assert.deepEqual(problemsOf(`${name}=1`), { [`?${name}`]: `expected one of ${NAMES}; got "${name}"${question}` });
    });
  }

  it('must not be repeated, even with the same value', () => {
    assert.deepEqual(problemsOf('w=1&h=2&w=1'), { '?w': 'expected one value; got 2 values' });
  });

  it('is reported together with the other invalid ones, at the pointers of the caller', () => {
    const given = [
      ['w', '0'],
      ['color', 'red'],
      ['q', ''],
      ['h', '5'],
    ] as const;
    assert.throws(
      () => parseTransform(given, (name) => `/transform/${name}`),
      (error) => {
        assert.ok(error instanceof AppError);
        assert.deepEqual(
          error.errors.map(({ pointer }) => pointer),
          ['/transform/w', '/transform/color', '/transform/q'],
        );
        return true;
      },
    );
  });

  it('is reported together with at most nineteen others', () => {
    const many = Array.from({ length: 500 }, (_, index) => `x${index}=1`).join('&');
    assert.equal(Object.keys(problemsOf(many)).length, 20);
  });

  for (const { name, example } of Object.values(TRANSFORM_PARAMETERS)) {
    it(`has a canonical example: ${name}`, () => {
      assert.equal(canonical(example), example);
      assert.ok(new URLSearchParams(example).has(name));
    });
  }
});

describe('contradictory parameters', () => {
  const contradictions: readonly (readonly [query: string, pointer: string, detail: string])[] = [
    ['w=5&fit=cover', '?fit', 'expected both w and h with cover; got only w'],
    ['h=5&fit=pad', '?fit', 'expected both w and h with pad; got only h'],
    ['fit=cover', '?fit', 'expected both w and h with cover; got neither'],
    ['w=5&h=5&position=0.1,0.5', '?position', 'expected a point with fit=cover or fit=pad; got fit=inside'],
    ['w=5&h=5&position=attention', '?position', 'expected attention with fit=cover; got fit=inside'],
    ['w=5&h=5&position=focal', '?position', 'expected focal with fit=cover; got fit=inside'],
    ['w=5&h=5&fit=pad&position=focal', '?position', 'expected focal with fit=cover; got fit=pad'],
    ['w=5&h=5&fit=pad&position=entropy', '?position', 'expected entropy with fit=cover; got fit=pad'],
    ['dpr=2', '?dpr', 'expected w, h, padding or radius to multiply; got dpr=2 alone'],
    ['radius=circle&dpr=2', '?dpr', 'expected w, h, padding or radius to multiply; got dpr=2 alone'],
    ['gray=1&saturation=1', '?gray', 'expected one of gray and saturation; got both'],
    ['gray=1&tint=fff', '?tint', 'expected one of tint and gray; got both'],
    ['saturation=-1&tint=fff', '?tint', 'expected one of tint and saturation; got both'],
    ['enlarge=1', '?enlarge', 'expected w or h with enlarge=1; got neither'],
    ['format=png&q=80', '?q', 'expected no q with format=png, which is lossless; got 80'],
    ['blur=1&sharpen=1', '?sharpen', 'expected one of blur and sharpen; got both'],
    ['format=png&max_bytes=1000', '?max_bytes', 'expected no max_bytes with format=png, which is lossless; got 1000'],
    ['w=5&enlarge=1&trim=9', '?trim', 'expected one of enlarge and trim; got both'],
    ['crop=0,0,5,5&trim=9', '?trim', 'expected one of crop and trim; got both'],
    [
      'w=5&h=5&fit=cover&position=focal&trim=9',
      '?trim',
      'expected no trim with position=focal, which it may cut away; got both',
    ],
    ['trim=9&watermark=a', '?trim', 'expected one of trim and watermark; got both'],
    ['watermark_position=0,0', '?watermark_position', 'expected a watermark to place; got none'],
    ['watermark_scale=0.5', '?watermark_scale', 'expected a watermark to place; got none'],
    ['watermark_opacity=0.5', '?watermark_opacity', 'expected a watermark to place; got none'],
    ['watermark_tiles=1', '?watermark_tiles', 'expected a watermark to place; got none'],
    [
      'watermark=a&watermark_tiles=1&watermark_position=0,0',
      '?watermark_position',
      'expected no watermark_position with watermark_tiles=1; got both',
    ],
    ['w=2049&dpr=2', '?w', 'expected at most 4096 pixels after dpr; got 2049 times 2'],
    ['w=1&h=4096&dpr=1.01', '?h', 'expected at most 4096 pixels after dpr; got 4096 times 1.01'],
  ];
  for (const [query, pointer, detail] of contradictions) {
    it(`are refused: ${query}`, () => assert.deepEqual(problemsOf(query), { [pointer]: detail }));
  }

  it('are reported together, but only if each is valid by itself', () => {
    assert.deepEqual(Object.keys(problemsOf('w=5000&fit=cover&dpr=2')), ['?w']);
    assert.deepEqual(Object.keys(problemsOf('fit=cover&dpr=2')), ['?fit', '?dpr']);
  });

  it('are told apart from allowed combinations', () => {
    for (const query of [
      'position=centre&w=5',
      'dpr=1',
      'format=auto&q=5',
      'format=jpeg&q=5',
      'w=2048&dpr=2',
      'dpr=2&padding=1',
      'h=1&enlarge=1',
      'gray=1&saturation=0',
      'dpr=2&radius=1',
      'tint=fff&gray=0',
      'enlarge=0',
      'watermark_scale=0.20',
    ]) {
      assert.deepEqual(problemsOf(query), {});
    }
  });
});
