import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadConfig, secretKeysIn } from './config.ts';
import { problemsOf } from './problems-of.fixture.ts';

const KEY = 'k'.repeat(32);

describe('SECRET_KEY', () => {
  const secretKeys = (SECRET_KEY: string) => loadConfig({ SECRET_KEY }).secrets.secretKeys;

  it('is one key of 32 bytes or more', () => {
    assert.deepEqual(secretKeys(KEY), [KEY]);
    assert.deepEqual(secretKeys('é'.repeat(16)), ['é'.repeat(16)]);
  });

  it('is several keys in order, for rotation', () => {
    assert.deepEqual(secretKeys(`${KEY}new, ${KEY}old`), [`${KEY}new`, `${KEY}old`]);
  });

  for (const [given, lengths] of [
    ['hunter2', '7'],
    ['k'.repeat(31), '31'],
    [`${KEY},hunter2`, '32 and 7'],
    [`${KEY},`, '32 and 0'],
    [',', '0 and 0'],
  ] as const) {
    it(`is refused without being shown, but with its length, if a key is shorter than 32 bytes: ${given}`, () => {
      const detail = `expected keys of at least 32 bytes, comma-separated; got ${lengths} bytes`;
      assert.deepEqual(problemsOf({ SECRET_KEY: given }), { SECRET_KEY: detail });
    });
  }

  it('is not in messages about other problems', () => {
    const message = JSON.stringify(
      problemsOf({ SECRET_KEY: `${KEY},hunter2`, PORT: 'x', AWS_SECRET_ACCESS_KEY: 'hunter2' }),
    );
    assert.ok(!message.includes(KEY) && !message.includes('hunter2'));
  });

  it('is not in the configuration, which may be logged', () => {
    assert.ok(!JSON.stringify(loadConfig({ SECRET_KEY: KEY }).config).includes(KEY));
  });
});

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
      /^ConfigError: SECRET_KEY_FILE: expected keys of at least 32 bytes, comma-separated; got 7 bytes$/,
    );
  });
});
