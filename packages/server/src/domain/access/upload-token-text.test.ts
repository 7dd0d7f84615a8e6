import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { subkey } from '../../config/secret.ts';
import type { Json } from '../image/image.ts';
import { MEDIA_TYPES } from '../image/media-type.ts';
import { VISIBILITIES } from '../image/visibility.ts';
import { mutated, mutationsWithin, otherSpellingsOf } from './mutated-text.fixture.ts';
import type { UploadToken } from './upload-token.ts';
import { createUploadTokenText, isTokenShaped, MAX_TOKEN_LENGTH } from './upload-token-text.ts';
import { sampleToken } from './upload-tokens.fixture.ts';

const key = randomBytes(32);
const texts = createUploadTokenText([key]);

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
const amount = fc.option(fc.integer({ min: 1, max: 2 ** 40 }));
const fixed = fc.record(
  {
    tags: fc.array(text, { maxLength: 3 }),
    metadata: fc
      .dictionary(text, fc.jsonValue(), { maxKeys: 3, noNullPrototype: true })
      .map((value) => JSON.parse(JSON.stringify(value)) as { [name: string]: Json }),
    visibility: fc.constantFrom(...VISIBILITIES),
  },
  { requiredKeys: [], noNullPrototype: true },
);
const tokens: fc.Arbitrary<UploadToken> = fc.record(
  {
    id: fc.stringMatching(/^[\w-]{22}$/),
    userId: text,
    mintedBy: fc.record({ kind: fc.constantFrom('key', 'jwt'), actor: text }, { noNullPrototype: true }),
    expiresAt: fc.integer({ min: 0, max: 4 * 10 ** 9 }).map((seconds) => new Date(seconds * 1000)),
    maxBytes: amount,
    contentTypes: fc.option(fc.subarray([...MEDIA_TYPES])),
    maxImages: amount,
    fixed,
  },
  { noNullPrototype: true },
);

const NOTHING_FIXED = { tags: undefined, metadata: undefined, visibility: undefined };

/** Claims with a right tag, as a holder of the key can make it. */
const sealed = (claims: string, tag = createHmac('sha256', key).update(`v1|upload-token|${claims}`)): string =>
  `slu_${claims}.${tag.digest('base64url')}`;

describe('the text of an upload token', () => {
  it('matches the pattern for scanners of secrets, and carries every field', () => {
    fc.assert(
      fc.property(tokens, (token) => {
        const given = texts.textOf(token);
        assert.match(given, /^slu_[0-9A-Za-z_-]+\.[0-9A-Za-z_-]{43}$/);
        assert.ok(isTokenShaped(given));
        if (given.length > MAX_TOKEN_LENGTH) return void assert.equal(texts.tokenIn(given), undefined);
        assert.deepEqual(texts.tokenIn(given), { ...token, fixed: { ...NOTHING_FIXED, ...token.fixed } });
      }),
    );
  });

  it('is refused after any mutation', () => {
    fc.assert(
      fc.property(tokens, mutationsWithin(400), (token, mutation) => {
        const given = texts.textOf(token);
        const other = mutated(given, { ...mutation, at: mutation.at % given.length });
        fc.pre(other !== given);
        assert.equal(texts.tokenIn(other), undefined, other);
      }),
    );
  });

  it('is accepted with one base64url spelling of its tag and of its claims only', () => {
    const given = texts.textOf(sampleToken());
    const [claims = '', tag = ''] = given.slice('slu_'.length).split('.');
    const others = otherSpellingsOf(tag).map((other) => `slu_${claims}.${other}`);
    assert.equal(others.length, 3);
    for (const other of [...others, ...otherSpellingsOf(claims).map((one) => `slu_${one}.${tag}`), `${given}=`])
      assert.equal(texts.tokenIn(other), undefined, other);
  });

  it('is refused with the claims of one token and the tag of another', () => {
    const [one, other] = [texts.textOf(sampleToken()), texts.textOf(sampleToken({ userId: 'eve' }))];
    assert.equal(texts.tokenIn(`${one.split('.')[0]}.${other.split('.')[1]}`), undefined);
  });

  it('is sealed with HMAC-SHA-256 under its purpose: the tag of another purpose or key is refused', () => {
    const [claims = ''] = texts.textOf(sampleToken()).slice('slu_'.length).split('.');
    assert.ok(texts.tokenIn(sealed(claims)));
    const tagged = (update: string, by = key) => sealed(claims, createHmac('sha256', by).update(update));
    for (const wrong of [
      tagged(claims),
      tagged(`v2|upload-token|${claims}`),
      tagged(`v1|presets|${claims}`),
      tagged(`v1|upload-token|${claims}`, randomBytes(32)),
    ])
      assert.equal(texts.tokenIn(wrong), undefined);
  });

  it('of a key for another purpose, of the same secret, is refused', () => {
    const of = (purpose: Parameters<typeof subkey>[1]) => createUploadTokenText([subkey('s'.repeat(32), purpose)]);
    const given = of('upload-tokens').textOf(sampleToken());
    assert.ok(of('upload-tokens').tokenIn(given));
    for (const purpose of ['preset-urls', 'share-links', 'render-links', 'cursors', 'disk-endpoint'] as const) {
      assert.equal(of(purpose).tokenIn(given), undefined, purpose);
      assert.equal(of('upload-tokens').tokenIn(of(purpose).textOf(sampleToken())), undefined, purpose);
    }
  });

  it('is accepted after its key is rotated, until that key is removed; new ones use the first key', () => {
    const fresh = randomBytes(32);
    const both = createUploadTokenText([fresh, key]);
    const [token, former] = [sampleToken(), texts.textOf(sampleToken({ id: 'former' }))];
    assert.equal(both.tokenIn(former)?.id, 'former');
    assert.equal(createUploadTokenText([fresh]).tokenIn(former), undefined);
    assert.equal(both.textOf(token), createUploadTokenText([fresh]).textOf(token));
    assert.equal(texts.tokenIn(both.textOf(token)), undefined);
  });

  it('from a version with other media types permits those that this version accepts, and never every type', () => {
    const typed = (types: readonly string[]) => {
      const claims = { id: 'one', user: 'ada', by: ['jwt', 'ada'], exp: 1, types };
      return texts.tokenIn(sealed(Buffer.from(JSON.stringify(claims)).toString('base64url')))?.contentTypes;
    };
    assert.deepEqual(typed(['image/jxl', 'image/png']), ['image/png']);
    assert.deepEqual(typed(['image/jxl']), []);
  });

  const whole = texts.textOf(sampleToken());
  for (const [name, given] of [
    ['nothing', ''],
    ['its prefix', 'slu_'],
    ['only claims', whole.slice(0, -44)],
    ['only a tag', `slu_${whole.slice(-44)}`],
    ['a line break after it', `${whole}\n`],
    ['a space before it', ` ${whole}`],
    ['two tokens', `${whole}${whole}`],
    ['another prefix of the same length', whole.replace('slu_', 'SLU_')],
    ['100 kB of claims', `slu_${'A'.repeat(100_000)}${whole.slice(-44)}`],
    ['100 kB of dots', `slu_${'.'.repeat(100_000)}`],
  ] as const)
    it(`is refused if it is ${name}`, () => assert.equal(texts.tokenIn(given), undefined));

  it('is refused from 4,097 characters on, although its tag is right', () => {
    const claims = (padding: string) => {
      const json = { id: 'one', user: 'ada', by: ['jwt', 'ada'], exp: 1, tags: [padding] };
      return sealed(Buffer.from(JSON.stringify(json)).toString('base64url'));
    };
    const lengthOf = (size: number): number => claims('x'.repeat(size)).length;
    let size = 0;
    while (lengthOf(size + 1) <= MAX_TOKEN_LENGTH) size += 1;
    assert.ok(texts.tokenIn(claims('x'.repeat(size))));
    assert.equal(texts.tokenIn(claims('x'.repeat(size + 1))), undefined);
  });
});
