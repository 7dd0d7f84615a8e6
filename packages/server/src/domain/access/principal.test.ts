import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { canRead, ownerOf, type Principal, requireChange, speakingAs } from './principal.ts';

const nobody: Principal = { subject: null, reads: 'all' };
const ada: Principal = { subject: 'ada', reads: 'all' };
const adaAlone: Principal = { subject: 'ada', reads: 'own' };
const image = (userId: string) => ({ id: 'i1', userId });

describe('an image', () => {
  const cases: readonly (readonly [string, Principal, string, boolean])[] = [
    ['an anonymous caller in open mode', nobody, 'bob', true],
    ['another user in open mode', ada, 'bob', true],
    ['its owner, who reads its own images only', adaAlone, 'ada', true],
    ['another user, who reads its own images only', adaAlone, 'bob', false],
    ['a user whose name differs in case, who reads its own images only', adaAlone, 'Ada', false],
    ['an anonymous caller that reads its own images only', { subject: null, reads: 'own' }, 'bob', false],
  ];
  for (const [who, principal, owner, may] of cases) {
    it(`is ${may ? '' : 'not '}readable by ${who}`, () => assert.equal(canRead(principal, image(owner)), may));
  }
});

describe('the user of a request', () => {
  it('is the one in the body or query if the headers name none', () => {
    assert.deepEqual(speakingAs(nobody, 'ada', '?user_id'), ada);
  });

  it('is the one that both name', () => {
    assert.deepEqual(speakingAs(adaAlone, 'ada', '?user_id'), adaAlone);
  });

  it('is the one in the headers if the body or query names none', () => {
    assert.deepEqual(speakingAs(ada, undefined, '?user_id'), ada);
    assert.deepEqual(speakingAs(nobody, undefined, '?user_id'), nobody);
  });

  for (const userId of ['bob', 'Ada', 'ada ', '']) {
    it(`is refused if the headers name ada and the body or query names ${JSON.stringify(userId)}`, () => {
      const detail = `expected the user ada, named elsewhere in the request; got ${userId}`;
      assert.throws(() => speakingAs(ada, userId, '/user_id'), {
        code: 'invalid-request',
        errors: [{ pointer: '/user_id', detail }],
      });
    });
  }

  it('may read no more images for being named in the body or query', () => {
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

describe('a change to an image', () => {
  it('is allowed to the owner', () => assert.doesNotThrow(() => requireChange(adaAlone, image('ada'))));

  it('is allowed to an anonymous caller', () => {
    assert.doesNotThrow(() => requireChange(nobody, image('ada')));
  });

  it('is forbidden to another user, even one who may read all images', () => {
    assert.throws(() => requireChange(ada, image('bob')), {
      code: 'forbidden',
      detail: 'Image i1 belongs to another user',
    });
  });
});
