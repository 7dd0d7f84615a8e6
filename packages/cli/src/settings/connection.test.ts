import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connectionOf } from './connection.ts';

const PROFILES = {
  default: { url: 'https://one.example/', token: 'one', user: 'ada' },
  other: { url: 'https://two.example', token: 'two' },
};

describe('a connection', () => {
  it('is that of the options, else of the environment, else of the profile', () => {
    const environment = { SAFELIGHT_TOKEN: 'environment', SAFELIGHT_URL: '' };
    const { url, token, user } = connectionOf({}, environment, PROFILES);
    assert.deepEqual([url, token, user], ['https://one.example', 'environment', 'ada']);
    assert.equal(connectionOf({ token: 'option' }, environment, PROFILES).token, 'option');
    assert.equal(connectionOf({}, {}, {}).url, 'http://127.0.0.1:8000');
  });

  it('is that of a named profile alone, whatever the environment says', () => {
    const environment = { SAFELIGHT_URL: 'https://three.example', SAFELIGHT_TOKEN: 'three', SAFELIGHT_USER: 'eve' };
    const { url, token, user } = connectionOf({ profile: 'other' }, environment, PROFILES);
    assert.deepEqual([url, token, user], ['https://two.example', 'two', undefined]);
    assert.equal(connectionOf({ profile: 'other', token: 'option' }, environment, PROFILES).token, 'option');
  });

  it("doesn't take a profile's credential and user to another service", () => {
    for (const [options, environment] of [
      [{ url: 'https://two.example' }, {}],
      [{}, { SAFELIGHT_URL: 'https://two.example' }],
      [{ url: 'https://one.example/other' }, {}],
    ] as const) {
      const { token, user } = connectionOf(options, environment, PROFILES);
      assert.deepEqual([token, user], [undefined, undefined]);
    }
  });

  it('needs a user who is somebody, if one is named at all', () => {
    for (const user of ['', ' ', '\u200b', 'ada '])
      for (const [options, environment, profiles] of [
        [{ user }, {}, {}],
        [{}, { SAFELIGHT_USER: user }, PROFILES],
        [{}, {}, { default: { ...PROFILES.default, user } }],
      ] as const)
        assert.throws(() => connectionOf(options, environment, profiles), /Expected the name of a user in/);
    assert.equal(connectionOf({ user: 'eve' }, { SAFELIGHT_USER: '' }, {}).user, 'eve');
  });

  it('needs a profile that exists, and the URL of a service', () => {
    assert.throws(() => connectionOf({ profile: '__proto__' }, {}, PROFILES), /there are these: default, other/);
    for (const url of ['one.example', 'ftp://one.example', 'https://a:b@one.example', 'https://one.example?x'])
      assert.throws(() => connectionOf({ url }, {}, {}), /Expected the URL of a service/);
  });
});
