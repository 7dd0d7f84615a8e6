import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createIngestHosts, type Reach } from './ingest-hosts.ts';

const CASES: readonly (readonly [entries: readonly string[], host: string, reach: Reach | null])[] = [
  [['images.example.org'], 'images.example.org', 'allowed'],
  [['images.example.org'], 'images.example.org.', 'allowed'],
  [['images.example.org'], 'example.org', null],
  [['images.example.org'], 'a.images.example.org', null],
  [['images.example.org'], 'images.example.org.evil.test', null],
  [['*.example.org'], 'images.example.org', 'allowed'],
  [['*.example.org'], 'a.b.example.org', 'allowed'],
  [['*.example.org'], 'example.org', null],
  [['*.example.org'], '.example.org', null],
  [['*.example.org'], 'evilexample.org', null],
  [['127.0.0.1', '[::1]'], '127.0.0.1', 'allowed'],
  [['127.0.0.1', '[::1]'], '[::1]', 'allowed'],
  [['127.0.0.1', '[::1]'], '127.0.0.2', null],
  [['*'], 'example.org', 'public'],
  [['*', 'images.internal'], 'images.internal', 'allowed'],
  [['*', 'images.internal'], 'other.internal', 'public'],
];

for (const [entries, host, reach] of CASES)
  it(`INGEST_HOSTS=${entries.join()} gives ${host} the reach ${reach}`, () => {
    assert.equal(createIngestHosts(entries).reachOf(host), reach);
  });
