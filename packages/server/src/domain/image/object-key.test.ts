import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { repeatsOf } from '../../../test/repeats.ts';
import { type ImageId, parseImageId } from './image-id.ts';
import {
  imageIdOfIncoming,
  incomingKey,
  keyWithoutFilename,
  originalKey,
  parseIncomingKey,
  renditionKey,
  renditionsPrefix,
} from './object-key.ts';

const ID = '0198f0a0-abcd-7000-8000-00000000000f' as ImageId;
const ATTEMPT = '0198f0a0-ffff-7000-8000-00000000000a';

const NASTY = ['.', '..', '...', '/', '../../etc/passwd', 'a/b', '\\', '\0', '%', '%2e%2e', '%2F', '~', ' ', '+', '🌅'];
const unit = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
  { weight: 1, arbitrary: fc.constantFrom(...NASTY) },
);
/** Well-formed text of up to 1,000 units, mostly adversarial. */
const text = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.array(unit, { minLength: 1, maxLength: 40 }).map((units) => units.join('')),
  fc.tuple(unit, fc.integer({ min: 50, max: 1_000 })).map(([one, times]) => one.repeat(times)),
  fc.tuple(fc.integer({ min: 0, max: 210 }), unit).map(([length, one]) => `${'a'.repeat(length)}${one}${one}`),
);
const id = fc.uuid({ version: 7 }).map((uuid) => {
  const imageId = parseImageId(uuid);
  assert.ok(imageId);
  return imageId;
});

function assertStorable(key: string): void {
  assert.match(key, /^[A-Za-z0-9\-_.~%/]+$/, 'expected ASCII that needs no further encoding');
  assert.ok(key.length <= 1_024, `S3 takes keys of 1,024 bytes; this has ${key.length}`);
  for (const part of key.split('/')) {
    assert.notEqual(part, '');
    assert.ok(part !== '.' && part !== '..', 'expected no dot segment');
    assert.ok(part.length <= 255, `file systems take names of 255 bytes; this has ${part.length}`);
    assert.doesNotMatch(part, /%(?![0-9A-F]{2})/, 'expected whole percent-encodings');
  }
}

describe('an incoming key', () => {
  it('has three segments that S3 and file systems accept, for any user id', () => {
    fc.assert(
      fc.property(text, id, (userId, imageId) => {
        const key = incomingKey(userId, imageId);
        assertStorable(key);
        assert.equal(key.split('/').length, 3);
      }),
      { numRuns: repeatsOf('objectKeys').count },
    );
  });

  it('contains the id of its image', () => {
    fc.assert(
      fc.property(text, id, (userId, imageId) => {
        assert.equal(imageIdOfIncoming(incomingKey(userId, imageId)), imageId);
        assert.equal(parseIncomingKey(incomingKey(userId, imageId)), incomingKey(userId, imageId));
      }),
    );
  });

  it('contains a user id of unreserved characters unchanged', () => {
    assert.equal(incomingKey('user-123_A.b~c', ID), `incoming/user-123_A.b~c/${ID}`);
  });

  const encoded: Record<string, string> = {
    '.': '%2E',
    '..': '%2E%2E',
    '...': '...',
    'a/../b': 'a%2F..%2Fb',
    "o'neil (x)*!": 'o%27neil%20%28x%29%2A%21',
    '\0': '%00',
    '100%': '100%25',
    'é+ü': '%C3%A9%2B%C3%BC',
    '🌅': '%F0%9F%8C%85',
  };
  for (const [userId, part] of Object.entries(encoded)) {
    it(`has ${part} for the user ${JSON.stringify(userId)}`, () => {
      assert.equal(incomingKey(userId, ID), `incoming/${part}/${ID}`);
    });
  }

  it('differs between users, even if their ids are truncated', () => {
    fc.assert(
      fc.property(text, text, fc.constantFrom('', 'a'.repeat(300), '🌅'.repeat(80)), (one, other, start) => {
        fc.pre(one !== other);
        assert.notEqual(incomingKey(start + one, ID), incomingKey(start + other, ID));
      }),
    );
  });

  it('is the same for the same user every time', () => {
    const userId = '🌅'.repeat(128);
    assert.equal(incomingKey(userId, ID), incomingKey(userId, ID));
  });

  it('contains a user id of 200 bytes whole, and truncates one of 201', () => {
    assert.equal(incomingKey('a'.repeat(200), ID), `incoming/${'a'.repeat(200)}/${ID}`);
    assert.match(incomingKey('a'.repeat(201), ID), /^incoming\/a{200}~[0-9a-f]{16}\//);
  });

  for (const before of [197, 198, 199]) {
    it(`never truncates a user id within a percent-encoding: ${before} letters, then an é`, () => {
      assertStorable(incomingKey(`${'a'.repeat(before)}éé`, ID));
    });
  }
});

describe("an original's key", () => {
  it('is below images/ with four segments that S3 and file systems accept, for any user id and filename', () => {
    fc.assert(
      fc.property(text, text, id, (userId, filename, imageId) => {
        const key = originalKey({ userId, filename, id: imageId, contentType: 'image/jpeg' }, ATTEMPT);
        assertStorable(key);
        const [prefix, ...parts] = key.split('/');
        assert.equal(prefix, 'images');
        assert.equal(parts.length, 4);
        assert.deepEqual(parts.slice(1, 3), [imageId, ATTEMPT]);
      }),
      { numRuns: repeatsOf('objectKeys').count },
    );
  });

  it('ends with the extension of the type, regardless of the filename', () => {
    const image = { userId: 'ada', filename: 'invoice.html', id: ID, contentType: 'image/jpg' };
    assert.match(originalKey(image, ATTEMPT), /\/invoice\.jpg$/);
  });

  it('differs between attempts', () => {
    const image = { userId: 'ada', filename: 'a.jpg', id: ID, contentType: 'image/jpeg' };
    assert.notEqual(originalKey(image, 'one'), originalKey(image, 'two'));
  });

  it('is never parsed as an incoming key', () => {
    fc.assert(
      fc.property(text, text, id, (userId, filename, imageId) => {
        assert.equal(
          imageIdOfIncoming(originalKey({ userId, filename, id: imageId, contentType: 'image/jpeg' }, ATTEMPT)),
          undefined,
        );
      }),
    );
  });
});

describe("a rendition's key", () => {
  it('contains four digits of a hash, the image, the kind and the name', () => {
    assert.equal(renditionKey(ID, 'preset', 'name'), `renditions/d5f0/${ID}/preset/name`);
    assert.equal(renditionKey(ID, 'free', 'name'), `renditions/d5f0/${ID}/free/name`);
  });

  it('starts with the prefix of its image, and not with that of another image', () => {
    fc.assert(
      fc.property(id, id, (one, other) => {
        fc.pre(one !== other);
        const key = renditionKey(one, 'preset', 'name');
        assertStorable(key);
        assert.ok(key.startsWith(renditionsPrefix(one)));
        assert.ok(!key.startsWith(renditionsPrefix(other)));
      }),
    );
  });

  it('is distributed evenly by its first digits, even for images of the same millisecond', () => {
    const ids = Array.from(
      { length: 4_096 },
      (_, n) => ID.replace(/.{4}$/, n.toString(16).padStart(4, '0')) as ImageId,
    );
    const digits = Map.groupBy(ids, (one) =>
      renditionsPrefix(one).slice('renditions/'.length, 'renditions/'.length + 2),
    );
    assert.equal(digits.size, 256);
    const largest = Math.max(...[...digits.values()].map((all) => all.length));
    assert.ok(largest <= 40, `${largest} of 4,096 images share their first two digits; the mean is 16`);
  });
});

describe('an invalid incoming key', () => {
  const keys: Record<string, string> = {
    'empty text': '',
    'the prefix alone': 'incoming/',
    'no user': `incoming//${ID}`,
    'no id': 'incoming/ada/',
    'an invalid id': 'incoming/ada/x',
    'a fourth segment': `incoming/ada/${ID}/x`,
    'a trailing slash': `incoming/ada/${ID}/`,
    'a leading slash': `/incoming/ada/${ID}`,
    'another prefix': `images/ada/${ID}`,
    'a prefix in another case': `Incoming/ada/${ID}`,
  };
  for (const [what, key] of Object.entries(keys)) {
    it(`yields no image id: ${what}`, () => assert.equal(imageIdOfIncoming(key), undefined));
  }

  for (const user of ['a b', 'a+b', 'ü', '.', '..', '%', '%4', '%zz', '%2f']) {
    it(`is refused if the user id is not canonically encoded: ${user}`, () => {
      assert.equal(parseIncomingKey(`incoming/${user}/${ID}`), undefined);
    });
  }
});

describe('a key without the name of a file', () => {
  const id = '0190a0a0-0000-7000-8000-000000000001';

  it('keeps what the service made, and nothing that a client may have written', () => {
    const kept = [`incoming/ada/${id}`, `renditions/0f0f/${id}/preset/thumb-1`, `renditions/0f0f/${id}/copy/abc`];
    for (const key of kept) assert.equal(keyWithoutFilename(key), key);
    assert.equal(keyWithoutFilename(`images/ada/${id}/a/ill%20Ada.jpg`), `images/ada/${id}/a/…`);
    for (const key of [
      'ill.jpg',
      `images/ada/${id}/ill.jpg`,
      `images/ada/${id}/a/b/ill.jpg`,
      `incoming/ada/${id}/ill.jpg`,
    ])
      assert.equal(keyWithoutFilename(key), '…');
  });
});
