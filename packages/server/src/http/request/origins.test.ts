import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isAllowedOrigin, isLoopbackHost } from './origins.ts';

describe('a loopback Host', () => {
  const own = [
    'localhost',
    'LOCALHOST',
    'localhost:8000',
    'localhost:',
    '127.0.0.1',
    '127.0.0.1:65535',
    '[::1]',
    '[::1]:8000',
  ];
  for (const host of own) it(`is ${host}`, () => assert.equal(isLoopbackHost(host), true));

  const foreign = [
    '',
    'localhost.evil.com',
    'localhost.evil.com:8000',
    'evil.com',
    'evil-localhost',
    'localhost@evil.com',
    'localhost:80@evil.com',
    'localhost:8000:9000',
    'localhost:x',
    'localhost.',
    'localhost,evil.com',
    'localhost\n',
    '127.0.0.1.evil.com',
    '127.0.0.10',
    '127.1',
    '0.0.0.0',
    '::1',
    '[::1',
    '[::1].evil.com',
    '[::2]',
    '[::ffff:127.0.0.1]',
  ];
  for (const host of foreign) {
    it(`is not ${JSON.stringify(host)}`, () => assert.equal(isLoopbackHost(host), false));
  }
});

describe('a loopback origin', () => {
  const own = [
    'http://localhost',
    'http://localhost:3000',
    'https://localhost:8443',
    'http://LocalHost',
    'http://127.0.0.1:5173',
    'http://[::1]:8000',
  ];
  for (const origin of own) it(`is ${origin}`, () => assert.equal(isAllowedOrigin(origin, 'loopback'), true));

  const foreign = [
    '',
    'null',
    '*',
    'localhost',
    '//localhost',
    'http://',
    'http://evil.com',
    'http://localhost.evil.com',
    'http://127.0.0.1.evil.com',
    'http://evil.com.localhost',
    'http://localhost@evil.com',
    'http://evil.com:80@localhost',
    'http://evil.com/localhost',
    'http://evil.com/http://localhost',
    'http://evil.com#http://localhost',
    'http://localhost/',
    'http://localhost?',
    'http://localhost http://evil.com',
    'http://localhost\nhttp://evil.com',
    'file://localhost',
    'ftp://localhost',
    'xhttp://localhost',
    'chrome-extension://localhost',
    'http://[::1]evil.com',
  ];
  for (const origin of foreign) {
    it(`is not ${JSON.stringify(origin)}`, () => assert.equal(isAllowedOrigin(origin, 'loopback'), false));
  }
});

describe('a list of origins', () => {
  const listed = ['https://app.example.org', 'http://10.0.0.1:8080'];

  it('allows each origin as it is listed', () => {
    for (const origin of listed) assert.equal(isAllowedOrigin(origin, listed), true);
  });

  const others = [
    'http://app.example.org',
    'https://app.example.org:8443',
    'https://app.example.org/',
    'https://app.example.org.evil.com',
    'https://evil.app.example.org',
    'http://10.0.0.1',
    'null',
    '',
  ];
  for (const origin of others) {
    it(`does not allow ${JSON.stringify(origin)}`, () => assert.equal(isAllowedOrigin(origin, listed), false));
  }

  it('does not allow loopback origins', () => {
    assert.equal(isAllowedOrigin('http://localhost:8000', listed), false);
    assert.equal(isAllowedOrigin('http://localhost:8000', []), false);
  });
});
