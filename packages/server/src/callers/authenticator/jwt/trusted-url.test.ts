import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isTrustedUrl, mayLeadTo } from './trusted-url.ts';

describe('a URL of keys', () => {
  for (const url of [
    'https://issuer.example/keys?v=1',
    'http://localhost:8080/realms/x',
    'http://127.0.0.1:9',
    'http://[::1]:9/',
  ]) {
    it(`may be ${url}`, () => assert.ok(isTrustedUrl(url)));
  }
  for (const url of [
    'http://issuer.example/keys',
    'http://127.0.0.1.example/keys',
    'http://localhost.example/keys',
    'http://10.0.0.1/keys',
    'http://localhost@issuer.example/keys',
    'https://ada@issuer.example/keys',
    'https://:secret@issuer.example/keys',
    'https://issuer.example/keys#fragment',
    'ftp://localhost/keys',
    'file:///etc/passwd',
    'data:application/json,{}',
    '//issuer.example',
    'issuer.example',
    '',
  ]) {
    it(`may not be ${JSON.stringify(url)}`, () => assert.ok(!isTrustedUrl(url)));
  }
});

describe("an issuer's URL of its keys", () => {
  const issuer = 'https://issuer.example';

  it('may be of any host, by https', () => {
    assert.ok(mayLeadTo(issuer, 'https://keys.example/jwks'));
    assert.ok(!mayLeadTo(issuer, 'http://issuer.example/jwks'));
  });

  it('leads to this machine only if the issuer is there', () => {
    for (const url of ['http://127.0.0.1:9/jwks', 'https://localhost/jwks']) {
      assert.ok(!mayLeadTo(issuer, url));
      assert.ok(mayLeadTo('http://localhost:8080', url));
    }
  });
});
