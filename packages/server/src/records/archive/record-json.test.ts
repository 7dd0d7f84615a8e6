import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { repeatsOf } from '../../../test/repeats.ts';
import { type ApiKey, revoked } from '../../domain/access/api-key.ts';
import { CREATED, later, sampleKey } from '../../domain/access/api-keys.fixture.ts';
import { type RevokedTokens, revocationOf } from '../../domain/access/revocation.ts';
import { fullWebhook, sampleWebhook } from '../../domain/event/webhooks.fixture.ts';
import { sampleDetails } from '../../domain/facts/facts.fixture.ts';
import { storedRecords } from '../images/arbitrary-images.fixture.ts';
import { newImageId, samplePending, samplePublished } from '../images/sample-images.fixture.ts';
import { type ArchivedRecord, unplaced } from './record-archive.ts';
import { recordLine, recordOf } from './record-json.ts';

const image = samplePublished(samplePending());
const line = recordLine({ kind: 'image', image });

/** A line with the value at `path` changed; undefined removes it. */
function changed(path: string, value: unknown): string {
  const record = JSON.parse(line);
  const names = path.split('.');
  const last = names.pop() ?? '';
  const within = names.reduce((part, name) => part[name], record);
  if (value === undefined) delete within[last];
  else within[last] = value;
  return JSON.stringify(record);
}

const KEYS: readonly ApiKey[] = [
  sampleKey(),
  sampleKey({ owner: null, actsAs: 'everyone' }),
  sampleKey({ actsAs: ['ada', '*', 'everyone'], expiresAt: later(60) }),
  sampleKey({ actsAs: { prefixes: ['acme:', '\u{1f305}'] } }),
  { ...revoked(sampleKey(), later(1)), lastUsedAt: later(2), replaces: [sampleKey().id], successor: sampleKey().id },
];

const REVOKED = [
  { userId: 'a#b', tokenId: null },
  { userId: 'a#b', tokenId: 't' },
  { userId: null, tokenId: 't' },
] as const satisfies readonly RevokedTokens[];

const OTHERS: readonly ArchivedRecord[] = [
  ...KEYS.map((key) => ({ kind: 'key' as const, key })),
  { kind: 'limits', userId: 'a#b', limits: { bytes: 5, images: null, pending: 0 } },
  { kind: 'token-count', tokenId: 't', used: 3, forgetAt: CREATED },
  ...REVOKED.map((tokens) => ({ kind: 'revocation' as const, revocation: revocationOf(tokens, CREATED) })),
  {
    kind: 'erasure',
    erasure: {
      id: newImageId(),
      userHash: 'ab'.repeat(32),
      imageIds: [newImageId()],
      erasedAt: CREATED,
      blockedUntil: later(5),
    },
  },
  { kind: 'erasure-key', key: 'cd'.repeat(32) },
  {
    kind: 'webhook',
    webhook: unplaced(fullWebhook()),
  },
  { kind: 'webhook', webhook: unplaced(sampleWebhook({ userPrefix: 'acme:' })) },
  {
    kind: 'webhook',
    webhook: unplaced(sampleWebhook()),
  },
];

describe('a line of a record', () => {
  it('holds every field of an image in each archived state', () => {
    const states = new Set<string>();
    fc.assert(
      fc.property(storedRecords, (stored) => {
        states.add(stored.image.status);
        const text = recordLine(stored);
        assert.equal(text.includes('\n'), false);
        assert.deepEqual(recordOf(text), stored);
      }),
      { numRuns: repeatsOf('properties').count },
    );
    assert.deepEqual([...states].toSorted(), ['held', 'ready', 'trashed']);
  });

  it('of an earlier version may lack a field that has a default', () => {
    for (const name of ['links', 'facts', 'hasDetails'])
      assert.deepEqual(recordOf(changed(`image.${name}`, undefined)), { kind: 'image', image });
  });

  it('holds every field of the other kinds', () => {
    for (const record of OTHERS) assert.deepEqual(recordOf(recordLine(record)), record);
  });

  it('keeps a member of metadata that is called __proto__', () => {
    const metadata = JSON.parse('{"__proto__":{"a":1},"b":2}');
    const read = recordOf(recordLine({ kind: 'image', image: { ...image, metadata } }));
    assert.equal(JSON.stringify(read.kind === 'image' && read.image.metadata), JSON.stringify(metadata));
  });

  for (const [what, text, fault] of [
    [
      'of a newer version',
      changed('format', 2),
      /expected a record with format 1; got format 2, which a newer Safelight/,
    ],
    ['without a version', changed('format', undefined), /expected a record with a format; got none/],
    ['with an unknown field', changed('image.mood', 'good'), /in image: Unrecognized key: "mood"/],
    ['with an unknown field of the record', changed('mood', 'good'), /Unrecognized key: "mood"/],
    ['without a field', changed('image.width', undefined), /in image\.width: /],
    ['of an unknown state', changed('image.status', 'frozen'), /in image\.status: /],
    ['of a state that is not archived', changed('image.status', 'expired'), /in image\.status: /],
    ['of an unknown kind', changed('kind', 'lease'), /in kind: /],
    [
      'with a time in another spelling',
      changed('image.updatedAt', '2026-11-20T12:00:00Z'),
      /in image\.updatedAt: expected a time/,
    ],
    ['with a time that is none', changed('image.updatedAt', 'yesterday'), /in image\.updatedAt: expected a time/],
    ['with a fraction for a size', changed('image.sizeBytes', 1.5), /in image\.sizeBytes: /],
    [
      'with the key of another image',
      changed('image.id', newImageId()),
      /in image\.objectKey: expected the key of an original/,
    ],
    ['with a key outside', changed('image.objectKey', `images/ada/${image.id}/../x`), /in image\.objectKey: /],
    ['with details that its image lacks', changed('details', sampleDetails), /in details: expected what the image's/],
    ['without the details that its image has', changed('image.hasDetails', true), /in details: expected what/],
    ['with facts that are none', changed('image.facts', { reader: 1 }), /in image\.facts\./],
    ['that is cut off', line.slice(0, -1), /expected a record with JSON; got other text/],
  ] as const)
    it(`is refused ${what}`, () => {
      assert.throws(
        () => recordOf(text),
        (error: Error) => {
          assert.ok(error instanceof TypeError);
          assert.match(error.message, fault);
          return true;
        },
      );
    });

  for (const [what, tokens] of [
    ['of no tokens', { userId: null, tokenId: null }],
    ['of a user without an id', { userId: '', tokenId: null }],
    ['of a token without an id', { userId: 'ada', tokenId: '' }],
  ] as const)
    it(`is refused as a revocation ${what}`, () => {
      const revocation = JSON.parse(recordLine({ kind: 'revocation', revocation: revocationOf(REVOKED[0], CREATED) }));
      assert.throws(
        () => recordOf(JSON.stringify({ ...revocation, revocation: { ...revocation.revocation, ...tokens } })),
        {
          name: 'TypeError',
          message: /in revocation/,
        },
      );
    });

  it('is not written for a record that could not be read again', () => {
    assert.throws(
      () => recordLine({ kind: 'image', image: { ...image, sha256: 'AB' } }),
      /in image\.sha256: expected a SHA-256/,
    );
  });
});
