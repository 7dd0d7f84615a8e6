import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { subkey } from '../../run/config/secret.ts';
import { mutated, mutationsWithin } from './mutated-text.fixture.ts';
import { MAX_TOKEN_LENGTH } from './sealed-claims.ts';
import { minterOf, type UploadToken } from './upload-token.ts';
import { createUploadTokenText } from './upload-token-text.ts';
import { sampleToken } from './upload-tokens.fixture.ts';
import type { ViewToken } from './view-token.ts';
import { createViewTokenText, isViewTokenShaped } from './view-token-text.ts';
import { sampleView } from './view-tokens.fixture.ts';

const [KEY, OTHER] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
const texts = createViewTokenText([KEY]);

const unicode = (maxLength: number) => fc.string({ unit: 'grapheme', minLength: 1, maxLength });
const uploads = fc.record(
  {
    maxBytes: fc.option(fc.integer({ min: 1 })),
    contentTypes: fc.option(fc.constant(['image/png'] as const)),
    maxImages: fc.option(fc.integer({ min: 1, max: 10_000 })),
    tags: fc.option(fc.array(unicode(10), { maxLength: 3 }), { nil: undefined }),
  },
  { noNullPrototype: true },
);

const tokens: fc.Arbitrary<ViewToken> = fc
  .record(
    {
      id: fc.stringMatching(/^v[\w-]{22}$/),
      userId: unicode(20),
      mintedBy: fc.constantFrom('0UiGeyDE8ZsCkq2W', `jwt_${'x'.repeat(43)}`).map(minterOf),
      issuedAt: fc.nat(4_000_000_000).map((ms) => new Date(ms * 997)),
      expiresAt: fc.nat(4_000_000_000).map((seconds) => new Date(seconds * 1000)),
      onlyTags: fc.array(unicode(10), { maxLength: 5 }),
      showsOriginals: fc.boolean(),
      showsMetadata: fc.boolean(),
      bounds: fc.option(uploads),
    },
    { noNullPrototype: true },
  )
  .map(({ bounds, ...token }) => {
    if (bounds === null) return { ...token, upload: null };
    const { id, userId, mintedBy, expiresAt } = token;
    const { tags, ...rest } = bounds;
    const fixed = { tags, metadata: undefined, visibility: undefined };
    return { ...token, upload: { id, userId, mintedBy, expiresAt, ...rest, fixed } satisfies UploadToken };
  });

const sealed = (claims: object, purpose = 'v1|view-token', key = KEY): string => {
  const text = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return `slv_${text}.${createHmac('sha256', key).update(`${purpose}|${text}`).digest('base64url')}`;
};
const CLAIMS = { id: 'v1', user: 'ada', by: ['jwt', 'ada'], iat: 1, exp: 1 };

describe('the text of a view token', () => {
  it('carries the whole token, and matches the pattern for scanners of secrets', () => {
    fc.assert(
      fc.property(tokens, (token) => {
        const text = texts.textOf(token);
        fc.pre(text.length <= MAX_TOKEN_LENGTH);
        assert.match(text, /^slv_[0-9A-Za-z_-]+\.[0-9A-Za-z_-]{43}$/);
        assert.ok(isViewTokenShaped(text));
        assert.deepEqual(texts.tokenIn(text), token);
      }),
    );
  });

  it('survives no mutation', () => {
    const whole = texts.textOf(sampleView({ onlyTags: ['sea'], showsMetadata: true, upload: sampleToken() }));
    fc.assert(
      fc.property(mutationsWithin(whole.length), (mutation) => {
        const other = mutated(whole, mutation);
        fc.pre(other !== whole);
        assert.equal(texts.tokenIn(other), undefined);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is sealed by the first key, and opened by each', () => {
    const text = texts.textOf(sampleView());
    const rotated = createViewTokenText([OTHER, KEY]);
    assert.deepEqual(rotated.tokenIn(text), sampleView());
    assert.equal(texts.tokenIn(rotated.textOf(sampleView())), undefined);
  });

  it('is no upload token, and no upload token is one, even under one key and with the prefix changed', () => {
    const uploads = createUploadTokenText([KEY]);
    const [view, upload] = [texts.textOf(sampleView()), uploads.textOf(sampleToken())];
    assert.equal(uploads.tokenIn(view), undefined);
    assert.equal(uploads.tokenIn(view.replace('slv_', 'slu_')), undefined);
    assert.equal(texts.tokenIn(upload), undefined);
    assert.equal(texts.tokenIn(upload.replace('slu_', 'slv_')), undefined);
  });

  it('has a key of its own', () => {
    const of = (purpose: Parameters<typeof subkey>[1]) => createViewTokenText([subkey('s'.repeat(32), purpose)]);
    const given = of('view-tokens').textOf(sampleView());
    assert.ok(of('view-tokens').tokenIn(given));
    for (const purpose of ['upload-tokens', 'preset-urls', 'view-cursors'] as const)
      assert.equal(of(purpose).tokenIn(given), undefined, purpose);
  });

  it('is refused with a claim, a version or a bound of uploads that this version does not know', () => {
    assert.ok(texts.tokenIn(sealed(CLAIMS)));
    assert.ok(texts.tokenIn(sealed({ ...CLAIMS, v: 1, up: { bytes: 1 } })));
    for (const more of [{ v: 2 }, { only: 1 }, { up: { frames: 1 } }, { up: { vis: 'listed' } }])
      assert.equal(texts.tokenIn(sealed({ ...CLAIMS, ...more })), undefined, JSON.stringify(more));
    for (const purpose of ['v2|view-token', 'v1|upload-token'])
      assert.equal(texts.tokenIn(sealed(CLAIMS, purpose)), undefined, purpose);
  });

  it('is refused past its longest length', () => {
    assert.equal(texts.tokenIn(texts.textOf(sampleView({ onlyTags: ['x'.repeat(4_000)] }))), undefined);
  });
});
