import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadConfig, secretKeysIn } from './config.ts';

const KEY = 'k'.repeat(32);

describe('SECRET_KEY_FILE', () => {
  it('stays a path in the configuration', () => {
    assert.deepEqual(loadConfig({ SECRET_KEY_FILE: '/run/secrets/key' }).secrets.secretKeys, {
      file: '/run/secrets/key',
    });
  });

  it('is refused together with SECRET_KEY', () => {
    assert.throws(
      () => loadConfig({ SECRET_KEY: KEY, SECRET_KEY_FILE: '/run/secrets/key' }),
      /^ConfigError: SECRET_KEY_FILE: expected SECRET_KEY or SECRET_KEY_FILE; got both$/,
    );
  });

  it('contains keys in the format of SECRET_KEY', () => {
    assert.deepEqual(secretKeysIn(`${KEY}new, ${KEY}old`), [`${KEY}new`, `${KEY}old`]);
    assert.throws(
      () => secretKeysIn('hunter2'),
      /^ConfigError: SECRET_KEY_FILE: expected keys of at least 32 bytes, comma-separated; got something else$/,
    );
  });
});
