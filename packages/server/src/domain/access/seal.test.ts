import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AppError } from '../errors.ts';
import { mutated, mutationsWithin, otherSpellingsOf } from './mutated-text.fixture.ts';
import { createSealer, requireUnexpired, type Seal, type Sealer, sealIn } from './seal.ts';

const NOW = new Date('2026-11-22T12:00:00.000Z');
const key = randomBytes(32);
const sealer = createSealer([key]);
const sealOf = (by: Sealer, text: string): Seal => ({ epoch: 0, exp: 5, kid: by.kid, sig: by.sign(text) });

describe('a seal', () => {
  it('holds for the text that it was made for', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => sealer.holds(text, sealOf(sealer, text))));
  });

  it('is HMAC-SHA-256 in base64url, with a key id that is no part of any signature', () => {
    const { kid, sig } = sealOf(sealer, 'text');
    assert.equal(sig, createHmac('sha256', key).update('text').digest('base64url'));
    assert.match(kid, /^[0-9a-f]{8}$/);
    assert.notEqual(createSealer([randomBytes(32)]).kid, kid);
  });

  it('does not hold for a mutated text', () => {
    const text = 'v1|presets|01a1f82b-80d8-703c-9c86-1b8ba42038d1|7|1795176300';
    fc.assert(
      fc.property(mutationsWithin(text.length), (mutation) => {
        const other = mutated(text, mutation);
        fc.pre(other !== text);
        assert.ok(!sealer.holds(other, sealOf(sealer, text)), other);
      }),
    );
  });

  it('does not hold with a mutated signature or key id', () => {
    const { kid, sig } = sealOf(sealer, 'text');
    fc.assert(
      fc.property(mutationsWithin(43), mutationsWithin(8), (ofSig, ofKid) => {
        const [otherSig, otherKid] = [mutated(sig, ofSig), mutated(kid, ofKid)];
        if (otherSig !== sig) assert.ok(!sealer.holds('text', { kid, sig: otherSig }), otherSig);
        if (otherKid !== kid) assert.ok(!sealer.holds('text', { kid: otherKid, sig }), otherKid);
      }),
    );
  });

  it('holds with one base64url spelling of its signature only', () => {
    const { kid, sig } = sealOf(sealer, 'text');
    const others = otherSpellingsOf(sig);
    assert.equal(others.length, 3);
    for (const other of [...others, `${sig}=`, '', sig.repeat(1_000)])
      assert.ok(!sealer.holds('text', { kid, sig: other }), other);
  });

  it('holds after its key is rotated, until that key is removed; new ones use the first key', () => {
    const fresh = randomBytes(32);
    const both = createSealer([fresh, key]);
    assert.ok(both.holds('text', sealOf(sealer, 'text')));
    assert.ok(!createSealer([fresh]).holds('text', sealOf(sealer, 'text')));
    assert.deepEqual(sealOf(both, 'text'), sealOf(createSealer([fresh]), 'text'));
    assert.ok(!sealer.holds('text', sealOf(both, 'text')));
  });

  it('does not hold with the key id of one key and the signature of another', () => {
    const fresh = createSealer([randomBytes(32)]);
    assert.ok(!sealer.holds('text', { ...sealOf(fresh, 'text'), kid: sealer.kid }));
    assert.ok(!sealer.holds('text', { ...sealOf(sealer, 'text'), kid: fresh.kid }));
  });
});

describe('the seal in a query', () => {
  const sealed = (query: string): Seal => sealIn(new URLSearchParams(query));
  const refused = (query: string): string[] => {
    try {
      sealed(query);
    } catch (error) {
      assert.ok(error instanceof AppError);
      assert.equal(error.code, 'invalid-request');
      return error.errors.map(({ pointer }) => pointer);
    }
    return [];
  };

  it('has its parts, and none that the query lacks', () => {
    assert.deepEqual(sealed('exp=1795176300&kid=a&sig=b&v=1'), { epoch: 0, exp: 1_795_176_300, kid: 'a', sig: 'b' });
    assert.deepEqual(sealed('v=1&epoch=7'), { epoch: 7, exp: null, kid: '', sig: '' });
    assert.deepEqual(sealed(`epoch=${'9'.repeat(15)}`).epoch, 999_999_999_999_999);
  });

  it('is refused with every parameter that is repeated, empty or no time', () => {
    assert.deepEqual(refused('epoch=1&epoch=1&exp=1&exp=1&kid=&sig=a&sig=b'), ['?epoch', '?exp', '?kid', '?sig']);
    for (const epoch of ['', '0', '01', '-1', '+1', '1.0', '1e3', '0x1', ' 1', '1'.repeat(16), '1'.repeat(100_000)])
      assert.deepEqual(refused(`epoch=${encodeURIComponent(epoch)}&kid=a&sig=b`), ['?epoch'], epoch.slice(0, 20));
    for (const exp of ['soon', '-1', '+1', '1.5', '01', '1e9', ' 1', '0x1', '1'.repeat(13), '1'.repeat(100_000)])
      assert.deepEqual(refused(`exp=${encodeURIComponent(exp)}&kid=a&sig=b`), ['?exp'], exp.slice(0, 20));
  });

  it('never repeats a signature in the error', () => {
    for (const kid of [sealer.kid, 'secret'])
      assert.ok(!sealer.refusal({ kid, sig: 'secret' }).message.includes('secret'), kid);
  });

  it('that is missing, changed or by a former key is told apart', () => {
    const rotated = createSealer([randomBytes(32)]);
    const detailOf = ({ detail }: AppError) => detail;
    assert.match(detailOf(sealer.refusal({ kid: '', sig: '' })), /got one without a signature/);
    assert.match(
      detailOf(sealer.refusal({ kid: sealer.kid, sig: 'x' })),
      /got one that was changed after it was signed/,
    );
    assert.match(detailOf(rotated.refusal(sealOf(sealer, 'text'))), /got one by a key that this service no longer has/);
  });
});

describe('the expiry of a URL', () => {
  it('is the first moment at which it is refused; a URL without one never expires', () => {
    requireUnexpired(new Date(NOW.getTime() + 1), NOW);
    requireUnexpired(null, NOW);
    for (const ms of [0, 1, 10 ** 9]) {
      assert.throws(() => requireUnexpired(new Date(NOW.getTime() - ms), NOW), { code: 'link-expired' });
    }
  });
});
