import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { subkey } from '../../run/config/secret.ts';
import { createUploadTokenText } from './upload-token-text.ts';
import { sampleToken } from './upload-tokens.fixture.ts';

const key = randomBytes(32);
const texts = createUploadTokenText([key]);

/** Claims with a right tag, as a holder of the key can make it. */
const sealed = (claims: string, tag = createHmac('sha256', key).update(`v1|upload-token|${claims}`)): string =>
  `slu_${claims}.${tag.digest('base64url')}`;

describe('a text that resembles an upload token', () => {
  it('needs the HMAC-SHA-256 of its claims, its purpose and the version, under our key', () => {
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

  it('is refused if the key of another purpose sealed it, although the secret is the same', () => {
    const of = (purpose: Parameters<typeof subkey>[1]) => createUploadTokenText([subkey('s'.repeat(32), purpose)]);
    const given = of('upload-tokens').textOf(sampleToken());
    assert.ok(of('upload-tokens').tokenIn(given));
    for (const purpose of ['preset-urls', 'share-links', 'render-links', 'cursors', 'disk-endpoint'] as const) {
      assert.equal(of(purpose).tokenIn(given), undefined, purpose);
      assert.equal(of('upload-tokens').tokenIn(of(purpose).textOf(sampleToken())), undefined, purpose);
    }
  });

  it('may name media types of a later version: it permits those that this version accepts, and never every type', () => {
    const typed = (types: readonly string[]) => {
      const claims = { id: 'one', user: 'ada', by: ['jwt', 'ada'], exp: 1, types };
      return texts.tokenIn(sealed(Buffer.from(JSON.stringify(claims)).toString('base64url')))?.contentTypes;
    };
    assert.deepEqual(typed(['image/jxl', 'image/png']), ['image/png']);
    assert.deepEqual(typed(['image/jxl']), []);
  });

  it('is refused with a claim or a version that this version does not know, since it may bound what we would permit', () => {
    const claims = { id: 'one', user: 'ada', by: ['jwt', 'ada'], exp: 1 };
    const opened = (more: object) =>
      texts.tokenIn(sealed(Buffer.from(JSON.stringify({ ...claims, ...more })).toString('base64url')));
    assert.ok(opened({}));
    assert.ok(opened({ v: 1 }));
    for (const more of [{ v: 2 }, { v: 0 }, { v: '1' }, { only: ['sea'] }, { V: 1 }])
      assert.equal(opened(more), undefined, JSON.stringify(more));
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
    ['100 kB of claims with a right tag', sealed('A'.repeat(100_000))],
    ['100 kB of dots', `slu_${'.'.repeat(100_000)}`],
  ] as const)
    it(`is refused if it is ${name}`, () => assert.equal(texts.tokenIn(given), undefined));
});
