import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { isKeyShaped } from '../../src/domain/access/api-key-text.ts';
import { createUploadTokenText } from '../../src/domain/access/upload-token-text.ts';
import { sampleToken } from '../../src/domain/access/upload-tokens.fixture.ts';
import { createViewTokenText } from '../../src/domain/access/view-token-text.ts';
import { sampleView } from '../../src/domain/access/view-tokens.fixture.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { subkey } from '../../src/run/config/secret.ts';
import * as former from './former-token-text.fixture.ts';

const SECRET = 's'.repeat(32);
const uploadKey = subkey(SECRET, 'upload-tokens');
const earlier = former.createUploadTokenText([uploadKey]);
const view = createViewTokenText([subkey(SECRET, 'view-tokens')]).textOf(sampleView({ upload: sampleToken() }));

describe('a process of the version before view tokens, with the same secret', () => {
  it('has no verifier for a view token: neither its keys, nor its upload tokens, nor a JWT look like one', () => {
    assert.equal(isKeyShaped(view), false);
    assert.equal(former.isTokenShaped(view), false);
    assert.notEqual(view.split('.').length, 3);
  });

  it('takes no view token for an upload token, whatever its prefix and its key', () => {
    const renamed = (text: string): string => text.replace(/^slv_/, 'slu_');
    assert.ok(former.isTokenShaped(renamed(view)));
    assert.equal(earlier.tokenIn(renamed(view)), undefined);
    assert.equal(earlier.tokenIn(renamed(createViewTokenText([uploadKey]).textOf(sampleView()))), undefined);
  });

  it('accepts the upload tokens of this version, and this version accepts its', () => {
    const today = createUploadTokenText([uploadKey]);
    const token = sampleToken({ maxBytes: 1_000, fixed: { tags: ['sea'], visibility: 'public' } });
    assert.equal(today.textOf(token), earlier.textOf(token));
    assert.deepEqual(earlier.tokenIn(today.textOf(token)), token);
    assert.deepEqual(today.tokenIn(earlier.textOf(token)), token);
  });

  it('refuses an upload token that fixes what it replaces, which it would let upload anything', () => {
    const today = createUploadTokenText([uploadKey]);
    const replaces = '01a1f82b-80d8-703c-9c86-1b8ba42038d1' as ImageId;
    for (const fixed of [
      { replaces },
      { externalId: 'avatar' },
      { externalId: 'avatar', ifExists: 'replace' },
    ] as const) {
      const text = today.textOf(sampleToken({ fixed }));
      assert.ok(today.tokenIn(text));
      assert.ok(former.isTokenShaped(text));
      assert.equal(earlier.tokenIn(text), undefined);
    }
  });

  it('refuses an upload token of a later version by its seal, since it ignores claims that it does not know', () => {
    const textOf = (seal: string, claims: object): string => {
      const text = Buffer.from(JSON.stringify(claims)).toString('base64url');
      return `slu_${text}.${createHmac('sha256', uploadKey).update(`${seal}|upload-token|${text}`).digest('base64url')}`;
    };
    const claims = { v: 2, id: 'one', user: 'ada', by: ['jwt', 'ada'], exp: 4_000_000_000, only: ['sea'] };
    assert.ok(earlier.tokenIn(textOf('v1', claims)), 'it ignores the claim');
    assert.equal(earlier.tokenIn(textOf('v2', claims)), undefined);
  });
});
