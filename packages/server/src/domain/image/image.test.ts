import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AlbumId } from '../album/album-id.ts';
import type { AlbumPlace } from '../album/album-place.ts';
import { sampleFacts } from '../facts/facts.fixture.ts';
import { purgedAt } from './deadlines.ts';
import { hold, holdAgain, holdOn, publishHeld } from './hold.ts';
import {
  backsOffUntil,
  canBecome,
  describe as describeImage,
  dueAt,
  expire,
  extend,
  type Image,
  isDetailed,
  isLive,
  isPublished,
  isStored,
  pendingImage,
  publish,
  recordCrash,
  reject,
  removed,
  restore,
  revokeLinks,
  type Status,
  scheduleMaintenance,
  tombstone,
  trash,
  withLinks,
} from './image.ts';
import type { ImageId } from './image-id.ts';
import { laneOf } from './lane.ts';
import { originalKey } from './object-key.ts';
import { recordRenditionCrash } from './rendition-failures.ts';
import type { LinkId, ShareLink } from './share-link.ts';

const CREATED = new Date('2026-11-20T12:00:00.000Z');
const EXPIRES = new Date('2026-11-20T12:05:00.000Z');
const LATER = new Date('2026-11-20T12:00:09.000Z');

const described = {
  id: '0198f0a0-0000-7000-8000-000000000001' as ImageId,
  userId: 'ada',
  filename: 'sunset.jpg',
  tags: ['beach', 'sunset'],
  description: 'The sea',
  metadata: { camera: 'x' },
  visibility: 'public' as const,
  externalId: 'order-1042/front',
  formerId: '0198f0a0-0000-4000-8000-000000000001',
  uploadedBy: 'key-1',
  guestName: 'Anna',
  token: { id: 'token-1', maxBytes: 5_000 },
  epoch: 0,
};
const granted = pendingImage({ ...described, contentType: 'image/jpg' }, CREATED, {
  expiresAt: EXPIRES,
  claim: { attempt: 'a1', leaseUntil: LATER },
  isDirect: false,
  formerId: described.formerId,
  fetchFrom: 'c2VhbGVk',
  uploadedBy: described.uploadedBy,
  guestName: described.guestName,
  token: described.token,
});
const focalPoint = { x: 0.25, y: 0.75 };
const epoch = 3;
const albums = [{ albumId: '0198f0a0-0000-7000-8000-00000000000a' as AlbumId, added: 'p1' as AlbumPlace, moved: null }];
const pending = { ...granted, focalPoint, epoch, albums };
const verified = {
  contentType: 'image/jpeg',
  sizeBytes: 1_234,
  sha256: 'ab'.repeat(32),
  width: 640,
  height: 480,
  placeholder: 'aGFzaA==',
  dominantColor: '#336699',
} as const;
const objectKey = originalKey(pending, 'a1');
const ready = publish(pending, verified, {
  objectKey,
  objectTag: '"t1"',
  maintainAt: null,
  filteredBy: ['camera'],
  facts: sampleFacts,
  hasDetails: true,
  at: LATER,
});
const link: ShareLink = {
  id: 'AAAAAAAAAAAAAAAAAAAAAA' as LinkId,
  preset: 'thumb',
  createdAt: LATER,
  expiresAt: EXPIRES,
};
const rejection = { code: 'type-mismatch', detail: 'expected image/jpeg; got image/png' } as const;
const rejected = reject(pending, rejection, LATER);

const nothingSaid = {
  filename: 'image.jpg',
  tags: [],
  description: null,
  metadata: {},
  visibility: 'private',
  externalId: null,
  formerId: null,
  focalPoint: null,
  albums: [],
  guestName: null,
  replaces: null,
};

describe('the status of an image', () => {
  const STATUSES: readonly Status[] = ['pending', 'held', 'ready', 'trashed', 'rejected', 'expired', 'deleted'];
  const EDGES = [
    'pending -> ready',
    'pending -> rejected',
    'pending -> expired',
    'pending -> deleted',
    'pending -> held',
    'held -> ready',
    'held -> trashed',
    'held -> rejected',
    'held -> deleted',
    'ready -> held',
    'ready -> trashed',
    'ready -> rejected',
    'ready -> deleted',
    'trashed -> held',
    'trashed -> ready',
    'trashed -> rejected',
    'trashed -> deleted',
    'rejected -> deleted',
    'expired -> deleted',
  ];

  it('changes along these edges only', () => {
    const all = STATUSES.flatMap((from) => STATUSES.map((to) => ({ from, to })));
    const legal = all.filter(({ from, to }) => canBecome(from, to)).map(({ from, to }) => `${from} -> ${to}`);
    assert.deepEqual(legal.toSorted(), EDGES.toSorted());
  });
});

describe('a new image', () => {
  it('is pending at revision 1, with the given description', () => {
    assert.deepEqual(granted, {
      ...described,
      albums: [],
      focalPoint: null,
      contentType: 'image/jpg',
      updatedAt: CREATED,
      revision: 1,
      status: 'pending',
      expiresAt: EXPIRES,
      claim: { attempt: 'a1', leaseUntil: LATER },
      isDirect: false,
      lookAt: new Date('2026-11-20T12:20:00.000Z'),
      crashes: 0,
      promised: { sizeBytes: null, sha256: null },
      fetchFrom: 'c2VhbGVk',
      parts: null,
      reservedBytes: 0,
      trace: null,
      replaces: null,
      gates: [],
      decisions: [],
    });
  });

  it('ignores input fields that a record does not have', () => {
    const named = { ...described, contentType: 'image/png', status: 'ready', publicOrigin: 'http://localhost' };
    const image = pendingImage(named, CREATED, { expiresAt: LATER, claim: null, isDirect: true });
    assert.deepEqual(Object.keys(image).toSorted(), Object.keys(pending).toSorted());
    assert.equal(image.status, 'pending');
  });
});

describe('publishing', () => {
  it('makes the image ready with its verified fields, raises the revision, and drops the upload fields', () => {
    assert.deepEqual(ready, {
      ...described,
      albums,
      focalPoint,
      epoch,
      ...verified,
      expiresAt: EXPIRES,
      updatedAt: LATER,
      revision: 2,
      status: 'ready',
      objectKey,
      objectTag: '"t1"',
      uploadedAt: LATER,
      facts: sampleFacts,
      hasDetails: true,
      maintainAt: null,
      filteredBy: ['camera'],
      renditionFailures: [],
      links: [],
      workingCopy: null,
      decisions: [],
    });
  });

  it('records when the first renditions are due', () => {
    const eager = publish(pending, verified, {
      objectKey,
      objectTag: '"t1"',
      maintainAt: EXPIRES,
      filteredBy: ['camera'],
      facts: sampleFacts,
      hasDetails: true,
      at: LATER,
    });
    assert.deepEqual(eager, { ...ready, maintainAt: EXPIRES });
  });
});

describe('rejecting', () => {
  it('keeps the filename, token and epoch, records the reason, and drops the rest of the description and the key', () => {
    assert.deepEqual(rejected, {
      ...described,
      ...nothingSaid,
      epoch,
      filename: 'sunset.jpg',
      contentType: 'image/jpg',
      expiresAt: EXPIRES,
      updatedAt: LATER,
      revision: 2,
      status: 'rejected',
      parts: null,
      rejection,
      decisions: [],
      remains: { removeAt: new Date('2026-11-20T12:01:09.000Z') },
    });
  });
});

/** With maintenance, a failure and a link. */
const troubled = recordRenditionCrash(withLinks(scheduleMaintenance(ready, EXPIRES), [link]), {
  rendition: 'r1',
  detail: 'it died',
  at: CREATED,
});

describe('deleting', () => {
  const living: readonly (readonly [string, Exclude<Image, { status: 'deleted' }>])[] = [
    ['a pending image', pending],
    ['a ready image', ready],
    ['a ready image with scheduled maintenance, a failed rendition and a link', troubled],
    ['a trashed image', trash(troubled, LATER, EXPIRES)],
    ['a rejected image', rejected],
    ['an expired image', expire(pending, LATER)],
  ];
  for (const [name, image] of living) {
    it(`keeps the owner, type, times, token and epoch of ${name}, and drops its description, albums, visibility and links`, () => {
      const at = new Date('2026-12-01T00:00:00.000Z');
      assert.deepEqual(tombstone(image, at), {
        ...described,
        ...nothingSaid,
        epoch,
        contentType: image.contentType,
        expiresAt: EXPIRES,
        updatedAt: at,
        revision: image.revision + 1,
        status: 'deleted',
        parts: null,
        deletedAt: at,
        remains: { removeAt: new Date('2026-12-01T00:01:00.000Z') },
      });
    });
  }

  it('keeps the parts of an upload that the store may still have, whose URLs end at once', () => {
    const at = new Date(EXPIRES.getTime() - 1);
    const parts = { partBytes: 5, checksums: false, uploadId: 'u1' };
    const image = tombstone({ ...pending, parts }, at);
    assert.deepEqual([image.parts, image.expiresAt], [parts, at]);
  });
});

describe('trashing and restoring', () => {
  const at = new Date('2026-12-01T00:00:00.000Z');
  const purgeAt = new Date('2026-12-31T00:00:00.000Z');
  const trashed = trash(troubled, at, purgeAt);

  it('keeps everything, one revision on, until it is purged', () => {
    const { filteredBy: _, ...kept } = troubled;
    const expected = { ...kept, status: 'trashed', purgeAt, updatedAt: at, revision: troubled.revision + 1 };
    assert.deepEqual(trashed, expected);
    assert.deepEqual(purgedAt(at, 30), purgeAt);
  });

  it('restores the image as it was, found by the names in force, another revision on, with the maintenance that it waited for', () => {
    const later = new Date('2026-12-02T00:00:00.000Z');
    const filteredBy = ['order'];
    const restored = restore(trashed, later, filteredBy);
    assert.deepEqual(restored, { ...troubled, filteredBy, updatedAt: later, revision: troubled.revision + 2 });
    assert.deepEqual(dueAt(restored), EXPIRES);
  });

  it('leaves only the purge due, in the lane of removals', () => {
    assert.deepEqual([dueAt(trashed), laneOf(trashed)], [purgeAt, 'removal']);
  });

  it('hides the image from requests for its id, but its bytes must stay', () => {
    const all = [pending, ready, trashed, rejected, expire(pending, LATER), tombstone(ready, LATER)];
    assert.deepEqual(
      all.map((image) => [image.status, isLive(image), isPublished(image)]),
      [
        ['pending', true, false],
        ['ready', true, true],
        ['trashed', false, true],
        ['rejected', true, false],
        ['expired', true, false],
        ['deleted', false, false],
      ],
    );
  });
});

describe('sharing an image', () => {
  const at = new Date('2026-12-01T00:00:00.000Z');
  const shared = withLinks(ready, [link]);

  it('by other links changes nothing that clients see of it', () => {
    assert.deepEqual(shared, { ...ready, links: [link] });
    assert.deepEqual(withLinks(shared, []), ready);
  });

  it('with another visibility raises the epoch by one and drops all links, in the revision of that change', () => {
    const hidden = describeImage(shared, { visibility: 'private' }, at);
    assert.deepEqual(hidden, {
      ...ready,
      visibility: 'private',
      epoch: epoch + 1,
      updatedAt: at,
      revision: ready.revision + 1,
    });
    const again = describeImage(hidden, { visibility: 'public', tags: ['x'] }, at);
    assert.deepEqual(again, {
      ...ready,
      tags: ['x'],
      epoch: epoch + 2,
      updatedAt: at,
      revision: ready.revision + 2,
    });
  });

  it('with the same visibility, or none, keeps its epoch and links', () => {
    const expected = { ...shared, tags: ['x'], updatedAt: at, revision: shared.revision + 1 };
    assert.deepEqual(describeImage(shared, { visibility: 'public', tags: ['x'] }, at), expected);
    assert.deepEqual(describeImage(shared, { tags: ['x'] }, at), expected);
  });

  it('with another visibility raises the epoch of pending and rejected images too', () => {
    for (const [image, visibility] of [
      [pending, 'private'],
      [rejected, 'public'],
    ] as const) {
      const expected = { ...image, visibility, epoch: epoch + 1, updatedAt: at, revision: image.revision + 1 };
      assert.deepEqual(describeImage(image, { visibility }, at), expected);
    }
  });

  it('ends by a revocation, which raises the epoch and drops the links, and keeps the visibility', () => {
    const revoked = revokeLinks(shared, at);
    assert.deepEqual(revoked, { ...ready, epoch: epoch + 1, updatedAt: at, revision: ready.revision + 1 });
    assert.equal(revokeLinks(revoked, at).epoch, epoch + 2, 'also without links');
    const unused = revokeLinks(pending, at);
    assert.deepEqual(unused, { ...pending, epoch: epoch + 1, updatedAt: at, revision: pending.revision + 1 });
  });

  it('outlives the trash: visibility, epoch, links and token stay', () => {
    const restored = restore(trash(shared, LATER, EXPIRES), at, shared.filteredBy);
    assert.deepEqual(restored, { ...shared, updatedAt: at, revision: shared.revision + 2 });
  });

  it('ends with the image: no ended image is public or has links, and its epoch and token stay', () => {
    const ended = [reject(pending, rejection, at), expire(pending, at), tombstone(shared, at)];
    ended.push(tombstone(trash(shared, LATER, EXPIRES), at));
    for (const image of ended) {
      assert.deepEqual(
        [image.visibility, image.epoch, image.token, 'links' in image],
        ['private', epoch, described.token, false],
        image.status,
      );
    }
  });
});

describe('expiring', () => {
  it('keeps the declared type, token and epoch, and drops the description and visibility', () => {
    const { claim, isDirect, lookAt, crashes, promised, reservedBytes, gates, decisions, trace, fetchFrom, ...kept } =
      pending;
    assert.deepEqual(expire(pending, LATER), {
      ...kept,
      ...nothingSaid,
      updatedAt: LATER,
      revision: 2,
      status: 'expired',
      remains: { removeAt: new Date('2026-11-20T12:01:09.000Z') },
    });
  });

  it('schedules a removal unless nobody ever touched the upload and its last check has passed', () => {
    const lastLook = new Date('2026-11-20T12:20:00.000Z');
    const forgetAt = new Date('2026-12-20T12:20:00.000Z');
    const untouched = { ...pending, claim: null };
    assert.deepEqual(expire(untouched, lastLook).remains, { forgetAt });
    const claim = { attempt: 'nobody', leaseUntil: CREATED };
    const others = [{ claim }, { crashes: 1 }, { isDirect: true }, { expiresAt: lastLook }];
    for (const other of others) {
      const { remains } = expire({ ...untouched, ...other }, lastLook);
      assert.ok('removeAt' in remains, JSON.stringify(other));
    }
  });
});

describe('extending a grant', () => {
  const { lookAt } = pending;
  it('moves the expiry and the last check later, never earlier', () => {
    const extended = extend(pending, new Date('2026-11-20T12:07:00.000Z'));
    assert.deepEqual(extended, {
      ...pending,
      expiresAt: new Date('2026-11-20T12:07:00.000Z'),
      lookAt: new Date('2026-11-20T12:22:00.000Z'),
    });
    assert.deepEqual(extend(pending, LATER), { ...pending, expiresAt: EXPIRES, lookAt });
  });

  it('does not hasten the next check of bytes that crashed a decoder', () => {
    const crashed = { ...pending, crashes: 2, lookAt: LATER };
    assert.equal(extend(crashed, new Date('2026-11-20T12:07:00.000Z')).lookAt, LATER);
  });
});

describe('a decoder crash', () => {
  const at = (minutes: number) => new Date(CREATED.getTime() + minutes * 60_000);
  const unclaimed = { ...pending, claim: null };

  it('releases the image and schedules a retry after 1, 4, 16 and 60 minutes; the fifth crash rejects it', () => {
    const lives: ReturnType<typeof recordCrash>[] = [];
    for (const minute of [0, 1, 5, 21, 81]) {
      const image = lives.at(-1) ?? pending;
      assert.ok(image.status === 'pending');
      lives.push(recordCrash(image, at(minute), 'it died'));
    }
    assert.deepEqual(lives.slice(0, 4), [
      { ...unclaimed, crashes: 1, lookAt: at(1) },
      { ...unclaimed, crashes: 2, lookAt: at(5) },
      { ...unclaimed, crashes: 3, lookAt: at(21) },
      { ...unclaimed, crashes: 4, lookAt: at(81) },
    ]);
    const last = lives[4];
    assert.equal(last?.status, 'rejected');
    assert.deepEqual(last.rejection, { code: 'processing-failed', detail: 'it died', params: { attempts: 5 } });
  });

  it('counts once until the next retry, even if the decoder crashes again before', () => {
    const once = recordCrash(pending, CREATED, 'it died');
    assert.ok(once.status === 'pending');
    assert.deepEqual(recordCrash({ ...once, claim: pending.claim }, new Date(at(1).getTime() - 1), 'it died'), once);
  });

  it('blocks the bytes until the next retry, but not until a check that has another reason', () => {
    const once = recordCrash(pending, CREATED, 'it died');
    assert.ok(once.status === 'pending');
    assert.equal(backsOffUntil(pending, CREATED), undefined);
    assert.deepEqual(backsOffUntil(once, CREATED), at(1));
    assert.deepEqual(backsOffUntil(once, new Date(at(1).getTime() - 1)), at(1));
    assert.equal(backsOffUntil(once, at(1)), undefined);
    assert.deepEqual(backsOffUntil(once, at(-0.9)), at(1), 'a process whose clock is slightly behind');
    assert.equal(backsOffUntil(once, at(-2)), undefined, 'a clock that was set back');
    const missed = { ...once, lookAt: at(300) };
    const lastLook = { expiresAt: at(10), lookAt: at(25) };
    assert.equal(backsOffUntil(missed, at(10)), undefined, 'bytes that were missing, and may be there again');
    assert.equal((recordCrash(missed, at(10), 'it died') as typeof once).crashes, 2);
    const last = { ...once, crashes: 4, ...lastLook };
    assert.equal(backsOffUntil(last, at(0)), undefined, 'a last check that is near');
    const extended = extend(last, at(20));
    assert.deepEqual([extended.lookAt, backsOffUntil(extended, at(0))], [at(35), undefined]);
  });
});

describe('the due date of an image', () => {
  it('is the last check while pending, the end of its lease while claimed, and maintenance or none while ready', () => {
    assert.deepEqual(dueAt(pending), LATER);
    assert.deepEqual(dueAt({ ...pending, claim: null }), new Date('2026-11-20T12:20:00.000Z'));
    assert.equal(dueAt(ready), null);
    assert.equal(dueAt(scheduleMaintenance(ready, EXPIRES)), EXPIRES);
  });

  it('is a minute after deletion or rejection, then 15 minutes after that and its expiry, then none', () => {
    const at = new Date('2026-11-20T12:03:00.000Z');
    const cases = [
      { image: tombstone(pending, at), last: new Date('2026-11-20T12:20:00.000Z') },
      { image: tombstone(ready, new Date('2026-11-20T12:10:00.000Z')), last: new Date('2026-11-20T12:25:00.000Z') },
      { image: rejected, last: new Date('2026-11-20T12:20:00.000Z') },
    ];
    for (const { image, last } of cases) {
      assert.deepEqual(dueAt(image), new Date(image.updatedAt.getTime() + 60_000));
      const once = removed(image, new Date(image.updatedAt.getTime() + 60_000));
      assert.deepEqual(dueAt(once), last);
      const twice = removed(once, last);
      assert.equal(dueAt(twice), null);
      assert.deepEqual(twice.remains, { forgetAt: new Date(last.getTime() + 30 * 86_400_000) });
      assert.equal(twice.revision, image.revision);
    }
  });
});

describe('removing the remains of an image', () => {
  it('drops the description that an older version kept, and raises the revision in that case only', () => {
    for (const image of [expire(pending, LATER), tombstone(ready, LATER), rejected]) {
      const clean = removed(image, LATER);
      assert.equal(clean.revision, image.revision, 'nothing to drop');
      const one = { tags: ['x'], description: 'x', metadata: { a: 1 }, focalPoint, visibility: 'public' };
      for (const [name, value] of Object.entries(one)) {
        const expected = { ...clean, revision: image.revision + 1 };
        assert.deepEqual(removed({ ...image, [name]: value }, LATER), expected, name);
      }
    }
    const expired = expire(pending, LATER);
    assert.equal(removed({ ...expired, filename: 'me.jpg' }, LATER).revision, expired.revision + 1);
  });
});

describe('scheduling rendition maintenance', () => {
  it('records the date or none, and changes nothing else', () => {
    const once = scheduleMaintenance(ready, EXPIRES);
    assert.deepEqual(once, { ...ready, maintainAt: EXPIRES });
    assert.deepEqual(scheduleMaintenance(once, null), ready);
  });

  it('returns the same record if nothing changes', () => {
    const once = scheduleMaintenance(ready, EXPIRES);
    assert.equal(scheduleMaintenance(once, new Date(EXPIRES)), once);
    assert.equal(scheduleMaintenance(ready, null), ready);
  });
});

describe('holding', () => {
  const screening = {
    gates: ['scan', 'people'],
    passed: ['scan'],
    failures: 0,
    askAt: new Date('2026-11-21T12:00:00.000Z'),
    deadline: new Date('2026-11-22T12:00:00.000Z'),
    atDeadline: 'refuse' as const,
  };
  const decision = { gate: 'scan', by: 'gate', verdict: 'pass', at: LATER, privateReason: null } as const;
  const { objectKey, objectTag } = ready;
  const verified = {
    contentType: ready.contentType,
    sizeBytes: ready.sizeBytes,
    sha256: ready.sha256,
    width: ready.width,
    height: ready.height,
    placeholder: ready.placeholder,
    dominantColor: ready.dominantColor,
  };
  const held = hold(pending, verified, {
    objectKey,
    objectTag,
    facts: sampleFacts,
    hasDetails: true,
    screening,
    decisions: [decision],
    at: LATER,
  });

  it('keeps what was read of the picture until it ends', () => {
    const passed = publishHeld(held, { maintainAt: null, filteredBy: [], decided: [], at: LATER });
    assert.ok(passed.status === 'ready');
    const trashed = trash(passed, LATER, EXPIRES);
    const restored = restore(trashed, LATER, []);
    const heldAgain = holdAgain(restored, { screening, decided: [], at: LATER });
    for (const image of [held, passed, trashed, restored, heldAgain])
      assert.deepEqual([image.facts, image.hasDetails, isDetailed(image)], [sampleFacts, true, true]);
    const deleted = tombstone(heldAgain, LATER);
    assert.deepEqual(['facts' in deleted, 'hasDetails' in deleted, isDetailed(deleted)], [false, false, false]);
  });

  it('keeps the verified copy, and is due when the gate is asked', () => {
    assert.deepEqual([held.status, held.objectKey, held.revision], ['held', objectKey, 2]);
    assert.deepEqual(dueAt(held), screening.askAt);
    const late = holdOn(held, { ...screening, askAt: new Date('2027-01-01T00:00:00.000Z') }, []);
    assert.deepEqual(dueAt(late), late.screening.askAt);
    assert.equal(late.revision, held.revision);
    assert.ok(isLive(held) && isStored(held) && !isPublished(held));
  });

  it('ends as ready, without what it waited for, or as rejected, with what was decided', () => {
    const passed = publishHeld(held, {
      maintainAt: null,
      filteredBy: ['order'],
      decided: [{ ...decision, gate: 'people' }],
      at: LATER,
    });
    assert.deepEqual(
      [passed.status, passed.revision, 'screening' in passed, 'isDirect' in passed],
      ['ready', 3, false, false],
    );
    assert.deepEqual(
      passed.decisions.map(({ gate }) => gate),
      ['scan', 'people'],
    );
    const refused = reject(held, { code: 'refused-by-gate', detail: 'no' }, LATER, [
      { ...decision, verdict: 'refuse' },
    ]);
    assert.deepEqual([refused.status, 'objectKey' in refused, refused.decisions.length], ['rejected', false, 2]);
    assert.equal('decisions' in tombstone(refused, LATER), false);
  });

  it('keeps the newest fifty decisions', () => {
    const many = Array.from({ length: 60 }, (_, n) => ({ ...decision, gate: `gate-${n}` }));
    const { decisions } = holdOn(held, screening, many);
    assert.deepEqual([decisions.length, decisions.at(0)?.gate, decisions.at(-1)?.gate], [50, 'gate-10', 'gate-59']);
  });
});
