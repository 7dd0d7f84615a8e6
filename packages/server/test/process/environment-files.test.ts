import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parseEnv } from 'node:util';
import { isStateless, loadConfig } from '../../src/run/config/config.ts';
import { VARIABLES } from '../../src/run/config/variables.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import {
  configure,
  ENVIRONMENT_FILES,
  filled,
  placeholdersOf,
  runIn,
  startIn,
  textOf,
  useWith,
} from '../services/environment-files.ts';

const PUBLIC_URL = 'https://images.example.org';
const S3 = {
  S3_BUCKET: 'images',
  AWS_ENDPOINT_URL_S3: 'https://s3.example.org',
  S3_PROFILE: 'ceph',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'key',
  AWS_SECRET_ACCESS_KEY: 'secret',
  PUBLIC_URL,
};
const OWN = {
  'one-machine': { PUBLIC_URL },
  s3: S3,
  postgres: {
    ...S3,
    DATABASE_URL: 'postgres://safelight:secret@db.example.org/safelight?sslmode=verify-full',
    TRUSTED_PROXIES: '10.0.0.0/16',
  },
  aws: {
    AWS_REGION: 'eu-central-1',
    S3_BUCKET: 'images',
    DYNAMO_TABLE: 'images',
    SQS_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/images',
    PUBLIC_URL,
    TRUSTED_PROXIES: '10.0.0.0/16',
  },
} as const;

for (const file of ENVIRONMENT_FILES) {
  describe(`deploy/env/${file}.env`, () => {
    it('is refused until each placeholder is replaced', async () => {
      await using folder = await temporaryFolder();
      const text = await textOf(file);
      await configure(folder.path, text);
      const environment = { PORT: 'none' }; // which ends a start that lets the placeholders pass
      const { exitCode, output } = await runIn({ folder: folder.path, environment }, 'start.js');
      assert.equal(exitCode, 1, output);
      const expected = placeholdersOf(text).map(
        (name) => `${name}: expected a value of your own; got the placeholder CHANGE_ME`,
      );
      const [first, ...refused] = output.trim().split('\n');
      assert.equal(first, "Safelight can't start. Invalid configuration:");
      assert.deepEqual(refused.toSorted(), expected.toSorted());
    });

    it('is a closed service, with nothing in it that has a default, and a reason for each value', async () => {
      const text = await textOf(file);
      const { config } = loadConfig(parseEnv(filled(text, OWN[file])));
      assert.deepEqual(config.auth, ['api-key']);
      assert.equal(isStateless(config), ['postgres', 'aws'].includes(file));
      const defaults = new Map<string | undefined, string>(
        Object.values(VARIABLES).map((one) => [one.name, one.default]),
      );
      for (const [name, value] of Object.entries(parseEnv(text))) {
        assert.ok(defaults.has(name), name);
        assert.notEqual(value, defaults.get(name), name);
      }
      const [, ...paragraphs] = text.trim().split('\n\n');
      for (const paragraph of paragraphs) assert.match(paragraph, /^# [A-Z].*\.\n(?:[A-Z_0-9]+=[^#\s]+\n?)+$/);
    });
  });
}

describe('a service by deploy/env/one-machine.env', () => {
  it('starts, and takes pictures from those who have a key', async () => {
    await using folder = await temporaryFolder();
    await configure(folder.path, filled(await textOf('one-machine'), OWN['one-machine']));
    await using service = await startIn({ folder: folder.path });
    const key = await readFile(join(folder.path, 'data/admin-key'), 'utf8');
    const url = await useWith(service.origin, key.trim());
    assert.ok(url.startsWith(`${PUBLIC_URL}/objects/`), url);
  });
});
