import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseUserPattern } from './user-pattern.ts';

const userIn = (pattern: string, path: string) => parseUserPattern(pattern)?.(path);

describe('a pattern of users', () => {
  it('finds the user of a path', () => {
    assert.equal(userIn('{user}/{rest}', 'ada/2024/a.jpg'), 'ada');
    assert.equal(userIn('users/{user}/images/{rest}', 'users/ada/images/a.jpg'), 'ada');
    assert.equal(userIn('u-{user}_{rest}', 'u-ada_b_c.jpg'), 'ada');
    assert.equal(userIn('{user}/{rest}', 'ünï 写/a.jpg'), 'ünï 写');
  });

  it('matches no path that lacks a part', () => {
    for (const path of ['a.jpg', '/a.jpg', 'ada/', '', '/', 'x/ada/a.jpg'])
      assert.equal(userIn(path.startsWith('x') ? 'y/{user}/{rest}' : '{user}/{rest}', path), undefined, path);
    assert.equal(userIn('{user}.images/{rest}', 'ada/x.images/a.jpg'), undefined);
  });

  it('has exactly one {user}, and {rest} as its end', () => {
    for (const text of [
      '',
      'ada',
      '{user}',
      '{rest}',
      '{user}{rest}',
      '{rest}/{user}',
      '{user}/{user}/{rest}',
      '{user}/{rest}.jpg',
      '{user}/{rest}/{rest}',
      '{user}/{other}/{rest}',
      '{USER}/{rest}',
    ])
      assert.equal(parseUserPattern(text), undefined, text);
  });
});
