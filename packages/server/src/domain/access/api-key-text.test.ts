import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isKeyShaped, issueKey, parseKey, parseKeyId } from './api-key-text.ts';
import { CREATED, issued, later, withChecksum } from './api-keys.fixture.ts';
import { mutated, mutationsWithin } from './mutated-text.fixture.ts';

const bytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
const moments = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true });
const keys = fc
  .record({ now: moments, id: bytes(6), secret: bytes(32) })
  .map(({ now, id, secret }) => issueKey(now, (size) => (size === secret.length ? secret : id)));

const mutations = mutationsWithin(75);

describe('the text of an API key', () => {
  it('matches the pattern for scanners of secrets, and carries id and secret', () => {
    fc.assert(
      fc.property(keys, ({ id, text, secretHash }) => {
        assert.match(text, /^safelight_[0-9A-Za-z]{16}_[0-9A-Za-z]{49}$/);
        assert.deepEqual(parseKey(text), { id, secretHash });
        assert.equal(secretHash, createHash('sha256').update(text.slice(27, 70)).digest('hex'));
        assert.ok(isKeyShaped(text));
      }),
    );
  });

  it('has 256 bits of secret: all ones and all zeros fit, and no two secrets share a text', () => {
    const of = (byte: number) => issueKey(CREATED, (size) => new Uint8Array(size).fill(byte)).text;
    for (const byte of [0, 255]) assert.ok(parseKey(of(byte)));
    const last = (bit: number) =>
      issueKey(CREATED, (size) => new Uint8Array(size).fill(255, 0, -1).fill(254 + bit, -1)).text;
    assert.notEqual(last(0).slice(27, 70), last(1).slice(27, 70));
  });

  it('is never the same after a mutation: it is refused, or has another secret or id', () => {
    fc.assert(
      fc.property(keys, mutations, ({ id, text, secretHash }, mutation) => {
        const other = mutated(text, mutation);
        fc.pre(other !== text);
        const given = parseKey(other);
        assert.ok(given === undefined || given.id !== id || given.secretHash !== secretHash);
      }),
    );
  });

  it('is refused without its checksum, also if one character is wrong', () => {
    fc.assert(
      fc.property(keys, mutations, ({ text }, { at, other }) => {
        const changed = `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
        if (changed !== text) assert.equal(parseKey(changed), undefined);
      }),
    );
  });

  for (const [name, text] of [
    ['nothing', ''],
    ['its prefix', 'safelight_'],
    ['a line break after it', `${issued().text}\n`],
    ['two keys', `${issued().text}${issued().text}`],
    ['100 kB', `safelight_${'A'.repeat(100_000)}`],
    ['another prefix of the same length', issued().text.replace('safelight', 'safelighT')],
  ] as const)
    it(`is refused if it is ${name}`, () => assert.equal(parseKey(text), undefined));

  it('with a right checksum over wrong parts is refused', () => {
    const { id, text } = issued();
    assert.deepEqual(withChecksum(text.slice(0, -6)), text);
    for (const parts of [`${id}_short`, `${id.slice(1)}_${text.slice(26, 70)}`, `${id}-${text.slice(27, 70)}`])
      assert.equal(parseKey(withChecksum(`safelight_${parts}`)), undefined);
  });
});

describe('the id of an API key', () => {
  it('sorts by creation', () => {
    const at = (seconds: number) => issueKey(later(seconds), randomBytes).id;
    const ids = [0, 0.001, 1, 60, 86_400, 10 ** 9].map(at);
    assert.deepEqual(ids.toSorted(), ids);
  });

  it('is parsed whole, or not at all', () => {
    const { id } = issued();
    assert.equal(parseKeyId(id), id);
    for (const text of ['', id.slice(1), `${id}0`, `${id}\n`, id.replace(/^./, '-'), 'A'.repeat(100_000)])
      assert.equal(parseKeyId(text), undefined);
  });
});
