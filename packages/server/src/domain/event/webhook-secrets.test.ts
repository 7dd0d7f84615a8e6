import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { createWebhookSecrets } from './webhook-secrets.ts';

const [former, fresh] = [randomBytes(32), randomBytes(32)];

describe('the secret of a webhook', () => {
  it('is whsec_ with 32 bytes in base64, another one each time, and sealed', () => {
    const secrets = createWebhookSecrets([former], randomBytes);
    const [one, other] = [secrets.make(), secrets.make()];
    assert.match(one.text, /^whsec_[A-Za-z0-9+/]{43}=$/);
    assert.notEqual(one.text, other.text);
    assert.ok(!Buffer.from(one.sealed, 'base64url').includes(one.text.slice(6, 20)));
    assert.equal(secrets.open(one.sealed), one.text);
    assert.equal(secrets.open(other.sealed), other.text);
  });

  it('stays readable while SECRET_KEY rotates: all keys open, the first seals', () => {
    const old = createWebhookSecrets([former], randomBytes).make();
    const rotating = createWebhookSecrets([fresh, former], randomBytes);
    assert.equal(rotating.open(old.sealed), old.text);
    const next = rotating.make();
    const rotated = createWebhookSecrets([fresh], randomBytes);
    assert.equal(rotated.open(next.sealed), next.text);
    assert.equal(rotated.open(old.sealed), undefined);
  });

  it('is not read from bytes that were changed or cut', () => {
    const secrets = createWebhookSecrets([former], randomBytes);
    const { sealed } = secrets.make();
    const bytes = Buffer.from(sealed, 'base64url');
    for (const at of [0, 12, 28, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      assert.equal(secrets.open(changed.toString('base64url')), undefined);
    }
    for (const length of [0, 11, 27, 28, bytes.length - 1])
      assert.equal(secrets.open(bytes.subarray(0, length).toString('base64url')), undefined);
  });
});
