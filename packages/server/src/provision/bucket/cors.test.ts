import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { originsOf } from './cors.ts';

describe('the origins whose pages may use a bucket', () => {
  const publicUrl = 'https://images.example.org';
  const app = 'https://app.example.org';

  it('are those of this machine where nothing is said', () => {
    assert.deepEqual(originsOf({ corsOrigins: 'loopback', publicUrl: null }), [
      'http://localhost:*',
      'http://127.0.0.1:*',
    ]);
  });

  it("are the service's own, and those that are listed", () => {
    assert.deepEqual(originsOf({ corsOrigins: 'loopback', publicUrl }), [publicUrl]);
    assert.deepEqual(originsOf({ corsOrigins: [app], publicUrl: null }), [app]);
    assert.deepEqual(originsOf({ corsOrigins: [app, publicUrl], publicUrl }), [publicUrl, app]);
  });
});
