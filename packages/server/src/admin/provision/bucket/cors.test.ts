import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { originsOf } from './cors.ts';

describe('the allowed origins of a bucket', () => {
  const publicUrl = 'https://images.example.org';
  const app = 'https://app.example.org';

  it('are those of this machine by default', () => {
    assert.deepEqual(originsOf({ corsOrigins: 'loopback', publicUrl: null }), [
      'http://localhost:*',
      'http://127.0.0.1:*',
    ]);
  });

  it('are that of the service and the listed ones', () => {
    assert.deepEqual(originsOf({ corsOrigins: 'loopback', publicUrl }), [publicUrl]);
    assert.deepEqual(originsOf({ corsOrigins: [app], publicUrl: null }), [app]);
    assert.deepEqual(originsOf({ corsOrigins: [app, publicUrl], publicUrl }), [publicUrl, app]);
  });
});
