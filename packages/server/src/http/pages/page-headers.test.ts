import assert from 'node:assert/strict';
import { it } from 'node:test';
import { pageHeaders } from './page-headers.ts';

const OWN = 'https://images.example.org';

const sourcesOf = (signIn: readonly string[], store = OWN) => {
  const policy = pageHeaders({ own: OWN, service: OWN, store, signIn })['content-security-policy'] ?? '';
  return ['img-src', 'connect-src'].map((name) => policy.split('; ').find((one) => one.startsWith(`${name} `)));
};

it("the page's policy names each origin once, where it is needed", () => {
  assert.deepEqual(
    sourcesOf([OWN, 'https://login.example.org:8443', 'http://[::1]:8080'], 'https://bucket.s3.example'),
    [
      "img-src 'self' blob: data: https://bucket.s3.example",
      "connect-src 'self' https://bucket.s3.example https://login.example.org:8443 http://[::1]:8080",
    ],
  );
});

it("the page's policy can't be widened by the names of hosts", () => {
  const hostile = ['https://*', 'https://*.example.org', "https://a;script-src'unsafe-inline'", 'https://a,b', 'null'];
  assert.deepEqual(sourcesOf(hostile.map((url) => (URL.canParse(url) ? new URL(url).origin : url))), [
    "img-src 'self' blob: data:",
    "connect-src 'self'",
  ]);
});
