import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../image/image.ts';
import type { ImageId } from '../image/image-id.ts';
import { MEDIA_TYPES } from '../image/media-type.ts';
import { VISIBILITIES, type Visibility } from '../image/visibility.ts';
import { MAX_TOKEN_LENGTH } from './sealed-claims.ts';
import { minterOf, type UploadToken } from './upload-token.ts';
import { createUploadTokenText, isUploadTokenShaped } from './upload-token-text.ts';
import { sampleToken } from './upload-tokens.fixture.ts';

const [KEY, OTHER] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
const texts = createUploadTokenText([KEY]);

const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null });
const unlessFixed = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const unicode = (maxLength: number) => fc.string({ unit: 'grapheme', minLength: 1, maxLength });
const metadata = fc
  .dictionary(unicode(5), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 })
  .map((value) => JSON.parse(JSON.stringify(value)) as { readonly [name: string]: Json });

/** As JSON.parse makes them. */
const PLAIN = { noNullPrototype: true } as const;
const fixed = fc.record(
  {
    tags: unlessFixed(fc.array(unicode(10), { maxLength: 3 })),
    metadata: unlessFixed(metadata),
    visibility: unlessFixed(fc.constantFrom(...VISIBILITIES)),
    externalId: unicode(50),
    ifExists: fc.constant('replace' as const),
    replaces: fc.uuid().map((id) => id as ImageId),
  },
  { ...PLAIN, requiredKeys: ['tags', 'metadata', 'visibility'] },
);

const tokens: fc.Arbitrary<UploadToken> = fc.record(
  {
    id: fc.stringMatching(/^[\w-]{22}$/),
    userId: unicode(20),
    mintedBy: fc.constantFrom('0UiGeyDE8ZsCkq2W', `jwt_${'x'.repeat(43)}`).map(minterOf),
    expiresAt: fc.nat(4_000_000_000).map((seconds) => new Date(seconds * 1000)),
    maxBytes: optional(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })),
    contentTypes: optional(fc.subarray([...MEDIA_TYPES], { minLength: 1 })),
    maxImages: optional(fc.integer({ min: 1, max: 10_000 })),
    fixed,
  },
  PLAIN,
);

/** A text with one character replaced, added or removed, or two exchanged. */
const mutations = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  other: fc.constantFrom(...'0Az_-9=.\u0000\u0430 ', 'é'),
  kind: fc.constantFrom('replaced', 'added', 'removed', 'exchanged', 'cut'),
});

function mutated(text: string, { at, other, kind }: { at: number; other: string; kind: string }): string {
  const place = Math.floor(at * text.length);
  const [before, one, after] = [text.slice(0, place), text.charAt(place), text.slice(place + 1)];
  if (kind === 'replaced') return `${before}${other}${after}`;
  if (kind === 'added') return `${before}${other}${one}${after}`;
  if (kind === 'removed') return `${before}${after}`;
  return kind === 'cut' ? before : `${before}${after.charAt(0)}${one}${after.slice(1)}`;
}

describe('the text of an upload token', () => {
  it('carries the whole token, and matches the pattern for scanners of secrets', () => {
    fc.assert(
      fc.property(tokens, (token) => {
        const text = texts.textOf(token);
        fc.pre(text.length <= MAX_TOKEN_LENGTH);
        assert.match(text, /^slu_[0-9A-Za-z_-]+\.[0-9A-Za-z_-]{43}$/);
        assert.ok(isUploadTokenShaped(text));
        assert.deepEqual(texts.tokenIn(text), token);
      }),
    );
  });

  it('survives no mutation', () => {
    fc.assert(
      fc.property(tokens, mutations, (token, mutation) => {
        const text = texts.textOf(token);
        const other = mutated(text, mutation);
        fc.pre(other !== text);
        assert.equal(texts.tokenIn(other), undefined);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is refused with the parts of two tokens, and with the bytes of its signature in another encoding', () => {
    const [one = '', other = ''] = [texts.textOf(sampleToken()), texts.textOf(sampleToken({ userId: 'bob' }))];
    const [claims, tag = ''] = one.split('.');
    assert.equal(texts.tokenIn(`${claims}.${other.split('.')[1]}`), undefined);
    // The last character has two spare bits: four texts decode to the same bytes.
    const same = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']
      .map((last) => `${tag.slice(0, -1)}${last}`)
      .filter((text) => text !== tag && Buffer.from(text, 'base64url').equals(Buffer.from(tag, 'base64url')));
    assert.equal(same.length, 3);
    for (const text of same) assert.equal(texts.tokenIn(`${claims}.${text}`), undefined);
  });

  it('is refused past its longest length, and accepted at it', () => {
    const ofLength = (length: number) => texts.textOf(sampleToken({ fixed: { tags: ['x'.repeat(length)] } }));
    const fits =
      2_700 + [...Array(400).keys()].findLastIndex((more) => ofLength(2_700 + more).length <= MAX_TOKEN_LENGTH);
    assert.ok(texts.tokenIn(ofLength(fits)));
    assert.equal(texts.tokenIn(ofLength(fits + 1)), undefined);
  });

  it('is refused with a visibility of a later version, whose uploads more people may see', () => {
    const later = 'listed' as Visibility;
    assert.equal(texts.tokenIn(texts.textOf(sampleToken({ fixed: { visibility: later } }))), undefined);
  });

  it('is refused with another value of what it replaces, and does not parse what another version sealed', () => {
    const opened = (version: 1 | 2, more: object) => {
      const claims = { id: 'one', user: 'ada', by: ['jwt', 'ada'], exp: 1, ...more };
      const text = Buffer.from(JSON.stringify(claims)).toString('base64url');
      const tag = createHmac('sha256', KEY).update(`v${version}|upload-token|${text}`).digest('base64url');
      return texts.tokenIn(`slu_${text}.${tag}`);
    };
    const avatar = { ext: 'avatar', if: 'replace' };
    assert.deepEqual(opened(2, { v: 2, ...avatar })?.fixed, {
      ...sampleToken().fixed,
      ...{ externalId: 'avatar', ifExists: 'replace' },
    });
    for (const [version, more] of [
      [2, { v: 2, ...avatar, if: 'merge' }],
      [2, { v: 2, repl: 'avatar' }],
      [2, { v: 2, repl: '01A1F82B-80d8-703c-9c86-1b8ba42038d1' }],
      [2, { v: 2, ...avatar, only: ['sea'] }],
      [2, avatar],
      [2, { v: 1, ...avatar }],
      [2, { v: 3, ...avatar }],
      [2, {}],
      [1, { v: 2, ...avatar }],
      [1, { v: 1, ...avatar }],
      [1, avatar],
    ] as const)
      assert.equal(opened(version, more), undefined, `${version} ${JSON.stringify(more)}`);
  });

  it('is sealed by the first key, and opened by each', () => {
    const text = texts.textOf(sampleToken());
    const rotated = createUploadTokenText([OTHER, KEY]);
    assert.deepEqual(rotated.tokenIn(text), sampleToken());
    assert.equal(texts.tokenIn(rotated.textOf(sampleToken())), undefined);
    assert.equal(createUploadTokenText([OTHER]).tokenIn(text), undefined);
  });

  it('is byte for byte the one that earlier versions make and accept, so both may run at once', () => {
    const text =
      'slu_eyJpZCI6InE3WnQwY0o0blhXOXNZZEIydUxrM0EiLCJ1c2VyIjoiYWRhIiwiYnkiOlsia2V5IiwiMFVpR2V5REU4WnNDa3EyVyJdLCJleHAiOjE3OTUzNTI0MDAsImJ5dGVzIjoxMDAwLCJpbWFnZXMiOjMsInRhZ3MiOlsic2VhIl0sIm1ldGEiOnsiYSI6MX19.zSO6XMyWz07ouLV1CZ-t5UUCcGA8CvlSuD9ba10JOis';
    const token = sampleToken({ maxBytes: 1_000, maxImages: 3, fixed: { tags: ['sea'], metadata: { a: 1 } } });
    assert.equal(texts.textOf(token), text);
    assert.deepEqual(texts.tokenIn(text), token);
  });
});
