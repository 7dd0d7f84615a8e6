import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { Webhook as Verifier } from 'standardwebhooks';
import { signatureHeaders } from './signed-message.ts';

/** The specification's test vector, 1.1.1. */
const VECTOR = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  at: new Date(1_614_265_330_000),
  body: '{"test": 2432232314}',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};

const ours = (body: string, at: Date, secrets: readonly string[] = [VECTOR.secret]) =>
  signatureHeaders({ id: VECTOR.id, body }, secrets, at);

describe('the signature of a message', () => {
  it("is that of the specification's vector", () => {
    const headers = ours(VECTOR.body, VECTOR.at);
    assert.deepEqual(headers, {
      'webhook-id': VECTOR.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': VECTOR.signature,
    });
  });

  it('holds for each of several secrets, and for no other', () => {
    const [old, fresh, other] = [0, 1, 2].map(() => `whsec_${randomBytes(32).toString('base64')}`);
    assert.ok(old && fresh && other);
    const headers = ours(VECTOR.body, new Date(), [fresh, old]);
    for (const secret of [old, fresh])
      assert.deepEqual(new Verifier(secret).verify(VECTOR.body, headers), JSON.parse(VECTOR.body));
    assert.throws(() => new Verifier(other).verify(VECTOR.body, headers), /No matching signature/);
  });

  it('fails for another body or id, and for a time that is too long ago or ahead', () => {
    const verifier = new Verifier(VECTOR.secret);
    const headers = ours(VECTOR.body, new Date());
    assert.throws(() => verifier.verify(VECTOR.body.replace('2', '3'), headers), /No matching signature/);
    assert.throws(() => verifier.verify(VECTOR.body, { ...headers, 'webhook-id': 'other' }), /No matching signature/);
    for (const minutes of [-6, 6]) {
      const stale = ours(VECTOR.body, new Date(Date.now() + minutes * 60_000));
      assert.throws(() => verifier.verify(VECTOR.body, stale), /timestamp/);
    }
  });
});
