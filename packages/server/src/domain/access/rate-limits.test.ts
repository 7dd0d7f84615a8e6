import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ImageId } from '../image/image-id.ts';
import { type OperationId, POLICY } from './policy.ts';
import type { Principal } from './principal.ts';
import { ADMIN, LINK, OPEN, serviceFor, userNamed } from './principals.fixture.ts';
import { RATE_POLICIES, RATE_POLICY_OF, ratePolicyOf, sharesOf, TIMES_OF_SERVICE } from './rate-limits.ts';
import type { UploadToken } from './upload-token.ts';
import { viewerWith } from './view-tokens.fixture.ts';

const uploader = (id: string, userId: string): Principal => {
  const mintedBy = { kind: 'key', actor: 'key-service' } as const;
  const bounds = { maxBytes: null, contentTypes: null, maxImages: null, fixed: {} };
  const token: UploadToken = { id, userId, mintedBy, expiresAt: new Date(0), ...bounds };
  return { kind: 'uploader', token, actors: [mintedBy.actor], keyspace: mintedBy.actor };
};
const HERE = '127.0.0.1';
const shareOf = (principal: Principal, address = HERE, named: string | null = null) =>
  sharesOf({ principal, named }, address)[0];
const nameOf = (principal: Principal, address = HERE): string | undefined => shareOf(principal, address)?.name;

describe('the share of a caller', () => {
  it("is the user's, whatever the key and the address", () => {
    const other: Principal = { kind: 'user', userId: 'ada', scopes: [], actors: ['another-key'] };
    assert.deepEqual(shareOf(userNamed('ada'), HERE), shareOf(other, '10.0.0.1'));
    assert.notEqual(nameOf(userNamed('ada')), nameOf(userNamed('bob')));
  });

  it('is one for all upload tokens of a user, apart from the one of the user', () => {
    assert.equal(nameOf(uploader('one', 'ada')), nameOf(uploader('two', 'ada'), '10.0.0.1'));
    assert.notEqual(nameOf(uploader('one', 'ada')), nameOf(uploader('one', 'bob')));
    assert.notEqual(nameOf(uploader('one', 'ada')), nameOf(userNamed('ada')));
  });

  it('is one for all view tokens of a user, and an untold one for all of a minter, with a multiple of the limit', () => {
    const [ada, minter, ...others] = sharesOf({ principal: viewerWith({ id: 'one' }), named: null }, HERE);
    assert.deepEqual(others, []);
    assert.deepEqual(
      [ada, minter],
      sharesOf({ principal: viewerWith({ id: 'two', showsOriginals: true }), named: 'ada' }, '10.0.0.1'),
    );
    assert.deepEqual(
      [ada?.times, ada?.isUntold, minter?.times, minter?.isUntold],
      [1, undefined, TIMES_OF_SERVICE, true],
    );
    const [bob, same] = sharesOf({ principal: viewerWith({ userId: 'bob' }), named: null }, HERE);
    assert.notEqual(bob?.name, ada?.name);
    assert.deepEqual(same, minter);
    const rotated = { ...viewerWith(), actors: ['key-2', 'key-1'], keyspace: 'key-1' } as const;
    assert.notEqual(sharesOf({ principal: rotated, named: null }, HERE)[1]?.name, minter?.name);
    for (const other of [userNamed('ada'), uploader('one', 'ada'), serviceFor('everyone')])
      assert.ok(![ada?.name, minter?.name].includes(nameOf(other)));
  });

  it('is one for each credential of a service, and none for an admin', () => {
    assert.equal(nameOf(serviceFor('everyone')), nameOf(serviceFor(['ada']), '10.0.0.1'));
    assert.notEqual(nameOf(serviceFor('everyone')), nameOf(userNamed('key-service')));
    assert.deepEqual(sharesOf({ principal: ADMIN, named: 'ada' }, HERE), []);
  });

  it("is, of a service that names a user, that user's there and the one of all its users, with a multiple of the limit", () => {
    const principal = serviceFor('everyone');
    const [ada, key, ...others] = sharesOf({ principal, named: 'ada' }, HERE);
    assert.deepEqual(others, []);
    assert.deepEqual([ada?.holder, ada?.owner, ada?.times], ['member', 'key-service', 1]);
    assert.deepEqual([key?.holder, key?.times], ['caller', TIMES_OF_SERVICE]);
    assert.deepEqual(key, shareOf(principal));
    assert.notEqual(ada?.name, nameOf(userNamed('ada')));
    assert.notEqual(ada?.name, shareOf(principal, HERE, 'bob')?.name);
    const other: Principal = { ...serviceFor('everyone'), actors: ['another-key'] } as Principal;
    assert.notEqual(ada?.name, shareOf(other, HERE, 'ada')?.name);
  });

  it('is one for a user that names itself', () => {
    assert.deepEqual(sharesOf({ principal: userNamed('ada'), named: 'ada' }, HERE), [shareOf(userNamed('ada'))]);
  });

  it('is that of the address if nobody is known', () => {
    for (const principal of [OPEN, { kind: 'anonymous' }] as const) {
      assert.deepEqual(shareOf(principal, HERE), { holder: 'address', owner: '', name: `address:${HERE}`, times: 1 });
      assert.notEqual(nameOf(principal, '10.0.0.1'), nameOf(principal));
    }
  });

  it('is one for each image and address if a URL is signed', () => {
    assert.ok(LINK.kind === 'link');
    const other: Principal = {
      ...LINK,
      url: { ...LINK.url, imageId: '01a1f82b-80d8-703c-9c86-1b8ba42038d2' as ImageId },
    };
    assert.equal(shareOf(LINK, HERE)?.holder, 'viewer');
    assert.equal(new Set([nameOf(LINK), nameOf(other), nameOf(LINK, '10.0.0.1'), nameOf(OPEN)]).size, 4);
  });

  it('is no other kind of share, whatever the name of a user', () => {
    for (const name of [
      'address:127.0.0.1',
      '127.0.0.1',
      'tokens:ada',
      'key:key-service',
      'member:["key-service","ada"]',
    ])
      for (const principal of [OPEN, uploader('one', 'ada'), serviceFor('everyone')])
        for (const other of sharesOf({ principal, named: 'ada' }, HERE))
          assert.notEqual(nameOf(userNamed(name)), other.name);
  });
});

describe('the rate policies', () => {
  it('count a preset by its signed URL as a picture, and by a credential or by nobody as a read', () => {
    const policyFor = (principal: Principal) => ratePolicyOf({ principal, operation: 'readRendition' });
    assert.equal(policyFor(LINK), 'picture');
    for (const principal of [OPEN, ADMIN, userNamed('ada'), { kind: 'anonymous' }] as const)
      assert.equal(policyFor(principal), 'read');
    assert.deepEqual(
      (['openLink', 'renderImage'] as const).map((operation) => ratePolicyOf({ principal: LINK, operation })),
      ['picture', 'render'],
    );
  });

  it('cover every operation but the public ones and the one whose grant was counted, and each is used', () => {
    const operations = Object.keys(POLICY) as OperationId[];
    const uncounted = operations.filter((operation) => RATE_POLICY_OF[operation] === null);
    const open = operations.filter((operation) => POLICY[operation] === 'public');
    assert.deepEqual(new Set(uncounted), new Set([...open, 'completeUpload']));
    assert.deepEqual(
      new Set(operations.flatMap((operation) => RATE_POLICY_OF[operation] ?? [])),
      new Set(RATE_POLICIES),
    );
  });
});
