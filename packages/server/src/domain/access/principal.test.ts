import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { canRead, ownerOf, type Principal, requireChange, speakingAs } from './principal.ts';

const nobody: Principal = { subject: null, reads: 'all' };
const ada: Principal = { subject: 'ada', reads: 'all' };
const adaAlone: Principal = { subject: 'ada', reads: 'own' };
const image = (userId: string) => ({ id: 'i1', userId });

describe('reading', () => {
  const cases: readonly (readonly [string, Principal, string, boolean])[] = [
    ['anyone in open mode', nobody, 'bob', true],
    ["a user in open mode, another's image", ada, 'bob', true],
    ['a user of its own images only, its own', adaAlone, 'ada', true],
    ["a user of its own images only, another's", adaAlone, 'bob', false],
    ['a user of its own images only, one whose name differs in case', adaAlone, 'Ada', false],
    ['nobody of its own images only', { subject: null, reads: 'own' }, 'bob', false],
  ];
  for (const [who, principal, owner, may] of cases) {
    it(`is ${may ? '' : 'not '}for ${who}`, () => assert.equal(canRead(principal, image(owner)), may));
  }
});

describe('a request that names a user beside its header', () => {
  it('speaks for that user where the header names none', () => {
    assert.deepEqual(speakingAs(nobody, 'ada', '?user_id'), ada);
  });

  it('speaks for the same user where both name it', () => {
    assert.deepEqual(speakingAs(adaAlone, 'ada', '?user_id'), adaAlone);
  });

  it('speaks for the user of the header where it names none itself', () => {
    assert.deepEqual(speakingAs(ada, undefined, '?user_id'), ada);
    assert.deepEqual(speakingAs(nobody, undefined, '?user_id'), nobody);
  });

  for (const userId of ['bob', 'Ada', 'ada ', '']) {
    it(`is refused where it names another, ${JSON.stringify(userId)}`, () => {
      const detail = `expected the user ada, named elsewhere in the request; got ${userId}`;
      assert.throws(() => speakingAs(ada, userId, '/user_id'), {
        code: 'invalid-request',
        errors: [{ pointer: '/user_id', detail }],
      });
    });
  }

  it('gains no sight of what it could not read before', () => {
    assert.equal(speakingAs({ subject: null, reads: 'own' }, 'ada', '?user_id').reads, 'own');
  });
});

describe('the owner of an upload', () => {
  it('is the caller', () => assert.equal(ownerOf(ada), 'ada'));

  it('must be named', () => {
    assert.throws(() => ownerOf(nobody), {
      code: 'invalid-request',
      errors: [{ pointer: 'user_id', detail: 'expected a user, as user_id or in the header X-User-Id; got none' }],
    });
  });
});

describe('a change', () => {
  it('is allowed to the owner', () => assert.doesNotThrow(() => requireChange(adaAlone, image('ada'))));

  it('is allowed to a caller that names nobody', () => {
    assert.doesNotThrow(() => requireChange(nobody, image('ada')));
  });

  it("is forbidden to another user, also to one who reads everyone's images", () => {
    assert.throws(() => requireChange(ada, image('bob')), {
      code: 'forbidden',
      detail: 'Image i1 belongs to another user',
    });
  });
});
