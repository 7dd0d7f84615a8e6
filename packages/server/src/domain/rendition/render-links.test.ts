import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createSealer } from '../access/seal.ts';
import { AppError } from '../errors.ts';
import type { ImageId } from '../image/image-id.ts';
import { arbitraryTransforms } from './arbitrary-transforms.fixture.ts';
import { createRenderLinks, roundedExpiry, type SignedTransform } from './render-links.ts';
import type { Transform } from './transform.ts';
import { parseTransform } from './transform-parameters.ts';

const ID = '01a1f82b-80d8-703c-9c86-1b8ba42038d1' as ImageId;
const OTHER_ID = '01a1f82b-80d8-703c-9c86-1b8ba42038d2' as ImageId;
const NOW = new Date('2026-11-20T12:00:00.000Z');
const SOON = new Date('2026-11-20T12:05:00.000Z');

const IMAGE = { id: ID, epoch: 0 };

const key = randomBytes(32);
const linksOf = (keys: readonly [Uint8Array, ...Uint8Array[]]) => createRenderLinks(createSealer(keys));
const links = linksOf([key]);
const transformOf = (query: string): Transform => parseTransform(new URLSearchParams(query), (name) => name);
const COVER = transformOf('w=512&h=300&fit=cover');

const queryOf = (link: string): URLSearchParams => new URL(link, 'http://localhost').searchParams;
const read = (query: URLSearchParams | string, now: Date = NOW): SignedTransform => links.read(ID, String(query), now);
const invalid = { code: 'signature-invalid' };

const pointersOf = (query: string): string[] => {
  try {
    read(query);
  } catch (error) {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, 'invalid-request');
    return error.errors.map(({ pointer, detail }) => `${pointer} ${detail}`);
  }
  return [];
};

describe('a render link', () => {
  it('decodes to the transform and the expiry it was made from', () => {
    const ends = fc.option(fc.integer({ min: 1, max: 10 ** 9 }), { nil: null });
    fc.assert(
      fc.property(arbitraryTransforms, ends, (transform, seconds) => {
        const expiresAt = seconds === null ? null : new Date(NOW.getTime() + seconds * 1000);
        const link = links.make(IMAGE, transform, expiresAt);
        assert.deepEqual(read(queryOf(link)), { imageId: ID, transform, epoch: 0, expiresAt });
        assert.equal(links.make(IMAGE, transform, expiresAt), link);
      }),
    );
  });

  it('is the canonical path with an HMAC-SHA-256 signature, as documented', () => {
    const link = links.make(IMAGE, COVER, SOON);
    const [, path = '', sig] = /^(.*)&sig=([\w-]{43})$/.exec(link) ?? [];
    assert.match(path, new RegExp(`^/images/${ID}/render\\?w=512&h=300&fit=cover&exp=1795176300&kid=[0-9a-f]{8}$`));
    assert.equal(sig, createHmac('sha256', key).update(path).digest('base64url'));
    assert.match(links.make(IMAGE, transformOf(''), null), /\/render\?kid=[0-9a-f]{8}&sig=[\w-]{43}$/);
  });

  it('carries the epoch of its image, unless that is 0, as in links from before there were epochs', () => {
    fc.assert(
      fc.property(arbitraryTransforms, fc.nat(10 ** 6), (transform, epoch) => {
        const query = queryOf(links.make({ id: ID, epoch }, transform, SOON));
        assert.equal(query.get('epoch'), epoch === 0 ? null : String(epoch));
        assert.deepEqual(read(query), { imageId: ID, transform, epoch, expiresAt: SOON });
      }),
    );
  });

  it('is not valid with another epoch, with one that was added, or without its own', () => {
    const epochs = fc.integer({ min: 1, max: 10 ** 6 });
    fc.assert(
      fc.property(fc.nat(1_000), epochs, (signed, other) => {
        fc.pre(signed !== other);
        const query = queryOf(links.make({ id: ID, epoch: signed }, COVER, SOON));
        const changed = new URLSearchParams(query);
        changed.set('epoch', String(other));
        assert.throws(() => read(changed), invalid);
        if (signed === 0) return;
        query.delete('epoch');
        assert.throws(() => read(query), invalid);
      }),
    );
  });

  it('is refused with an epoch in a spelling that no link has', () => {
    const expected = '?epoch expected one whole number from 1, or no such parameter; got';
    for (const epoch of ['', '0', '00', '01', '+1', '-1', '1.0', '1e1', ' 1', '1'.repeat(16)]) {
      const query = new URLSearchParams({ epoch, kid: 'a', sig: 'b' });
      const [detail = ''] = pointersOf(String(query));
      assert.ok(detail.startsWith(expected), `${epoch}: ${detail}`);
    }
    const [detail = ''] = pointersOf('epoch=1&epoch=1&kid=a&sig=b');
    assert.ok(detail.startsWith(expected), detail);
  });

  it('may have its parameters in any order and spelling', () => {
    const query = queryOf(links.make(IMAGE, COVER, SOON));
    const reversed = new URLSearchParams([...query].reverse());
    reversed.set('w', '0512');
    assert.deepEqual(read(reversed), { imageId: ID, transform: COVER, epoch: 0, expiresAt: SOON });
  });

  it('expires in the second that exp names, not earlier', () => {
    const query = queryOf(links.make(IMAGE, COVER, new Date(SOON.getTime() + 999)));
    assert.deepEqual(read(query, new Date(SOON.getTime() - 1)).expiresAt, SOON);
    assert.throws(() => read(query, SOON), { code: 'link-expired' });
  });

  it('is not valid for another image, transform, expiry or key', () => {
    const query = queryOf(links.make(IMAGE, COVER, SOON));
    assert.throws(() => links.read(OTHER_ID, String(query), NOW), invalid);
    const changes: Record<string, string> = { w: '513', exp: '1795176301', kid: '00000000', h: '30', q: '5' };
    for (const [name, value] of Object.entries(changes)) {
      const changed = new URLSearchParams(query);
      changed.set(name, value);
      assert.throws(() => read(changed), invalid, name);
    }
    for (const name of ['h', 'exp', 'kid', 'sig']) {
      const cut = new URLSearchParams(query);
      cut.delete(name);
      cut.delete('fit'); // invalid without h
      assert.throws(() => read(cut), invalid, name);
    }
    assert.throws(() => linksOf([randomBytes(32)]).read(ID, String(query), NOW), invalid);
  });

  it('is not valid if any character of its signature is changed, added or removed', () => {
    const query = queryOf(links.make(IMAGE, COVER, null));
    const sig = query.get('sig') ?? '';
    fc.assert(
      fc.property(fc.nat(43), fc.constantFrom(...'Aa0-_=% é'), (at, other) => {
        const cut = sig.slice(0, at) + sig.slice(at + 1);
        const added = `${sig.slice(0, at)}${other}${sig.slice(at)}`;
        const changed = `${sig.slice(0, at)}${other}${sig.slice(at + 1)}`;
        for (const broken of [cut, added, changed]) {
          if (broken === sig) continue;
          query.set('sig', broken);
          assert.throws(() => read(query), invalid, broken);
        }
      }),
    );
  });

  it('is valid with one base64url spelling of its signature only', () => {
    const query = queryOf(links.make(IMAGE, COVER, null));
    const sig = query.get('sig') ?? '';
    const alike = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']
      .map((last) => sig.slice(0, -1) + last)
      .filter((text) => text !== sig && Buffer.from(text, 'base64url').equals(Buffer.from(sig, 'base64url')));
    assert.equal(alike.length, 3);
    for (const text of alike) {
      query.set('sig', text);
      assert.throws(() => read(query), invalid);
    }
  });

  it('stays valid after its key is rotated; new links use the first key', () => {
    const fresh = randomBytes(32);
    const both = linksOf([fresh, key]);
    assert.deepEqual(both.read(ID, String(queryOf(links.make(IMAGE, COVER, null))), NOW).transform, COVER);
    const link = both.make(IMAGE, COVER, null);
    assert.equal(link, linksOf([fresh]).make(IMAGE, COVER, null));
    assert.throws(() => read(queryOf(link)), invalid);
  });

  it('is checked for malformed parameters first, then for its signature, then for its expiry', () => {
    const query = queryOf(links.make(IMAGE, COVER, SOON));
    const late = new Date(SOON.getTime() + 1);
    query.set('sig', 'x');
    assert.throws(() => read(query, late), invalid);
    query.set('w', '0');
    assert.throws(() => read(query, late), { code: 'invalid-request' });
  });

  it('is refused with the name of a repeated, empty or malformed parameter', () => {
    const seconds = 'expected whole seconds since 1970; got';
    assert.deepEqual(pointersOf('kid=a&kid=b&sig=c'), ['?kid expected one value; got 2 values']);
    assert.deepEqual(pointersOf('kid=&sig='), [
      '?kid expected a value, or no such parameter; got ""',
      '?sig expected a value, or no such parameter; got ""',
    ]);
    for (const exp of ['soon', '-1', '1.5', '01', '1e9', '1'.repeat(13)]) {
      assert.deepEqual(pointersOf(`exp=${exp}`), [`?exp ${seconds} "${exp}"`]);
    }
    assert.deepEqual(pointersOf('w=0&kid=a&sig=b'), ['?w expected a whole number from 1 to 4096; got "0"']);
  });

  it('needs a signature', () => {
    assert.throws(() => read('w=5'), invalid);
    assert.throws(() => read(''), invalid);
  });
});

describe('the rounded expiry of a URL', () => {
  const windows = [
    [1, 10],
    [59, 10],
    [60, 60],
    [3_599, 60],
    [3_600, 3_600],
    [86_399, 3_600],
    [86_400, 86_400],
    [31_536_000, 86_400],
  ] as const;
  for (const [seconds, window] of windows) {
    it(`after ${seconds} s is a multiple of ${window} s, and never early`, () => {
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 4 * 10 ** 12 }), (ms) => {
          const end = roundedExpiry(new Date(ms), seconds).getTime();
          assert.equal(end % (window * 1000), 0);
          const lasts = end - ms;
          assert.ok(lasts >= seconds * 1000 && lasts < (seconds + window) * 1000, String(lasts));
        }),
      );
    });
  }
});
