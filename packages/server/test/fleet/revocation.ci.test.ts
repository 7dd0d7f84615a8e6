import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { createProvisionedTable, environmentOf } from '../services/dynamo-service.ts';
import { keyFrom, type PrintedKey } from '../services/keys-command.ts';
import { type RunningService, startService } from '../services/running-service.ts';

/** The longest time until a change of a key counts in every process. */
const WITHIN_MS = 5_000;
const ASK_EVERY_MS = 200;

describe('two processes on one table', { skip: NO_DYNOXIDE }, () => {
  it('share their keys: one that is revoked in the first is refused there at once, and by the second within five seconds', async () => {
    await using table = await createProvisionedTable();
    await using place = await temporaryFolder();
    const environment = { AUTH: 'api-key', RATE_LIMITS: 'off', LOG_LEVEL: 'silent', ...environmentOf(table) };
    const admin = await keyFrom(place.path, ['create', '--admin'], environment);
    await using first = await startService(environment);
    await using second = await startService(environment);
    const ask = (service: RunningService, key: string, method: string, path: string, body?: object) =>
      fetch(`${service.origin}${path}`, {
        method,
        headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
        body: body ? JSON.stringify(body) : null,
      });
    const statusAtSecond = async (key: string) => (await ask(second, key, 'GET', '/images?user_id=ada')).status;
    const create = async (): Promise<PrintedKey> => {
      const fields = { name: 'laptop', owner: 'ada', scopes: ['images:read'] };
      const answer = await ask(first, admin.key, 'POST', '/keys', fields);
      assert.equal(answer.status, 201);
      return (await answer.json()) as PrintedKey;
    };

    const statusAtFirst = async (key: string) => (await ask(first, key, 'GET', '/images?user_id=ada')).status;
    const [revoked, ended, kept] = [await create(), await create(), await create()];
    for (const { key } of [revoked, ended, kept]) {
      assert.equal(await statusAtFirst(key), 200);
      assert.equal(await statusAtSecond(key), 200);
    }
    const answers = await Promise.all([
      ask(first, admin.key, 'DELETE', `/keys/${revoked.key_id}`),
      ask(first, admin.key, 'POST', `/keys/${ended.key_id}/rotate`, { overlap_seconds: 0 }),
    ]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 201],
    );

    assert.deepEqual(await Promise.all([revoked, ended, kept].map(({ key }) => statusAtFirst(key))), [401, 401, 200]);

    const changedMs = performance.now();
    while (performance.now() - changedMs < WITHIN_MS) {
      for (const { key } of [revoked, ended]) await statusAtSecond(key); // in use all the time
      await delay(ASK_EVERY_MS);
    }
    assert.deepEqual(await Promise.all([revoked, ended, kept].map(({ key }) => statusAtSecond(key))), [401, 401, 200]);
    const { key: successor } = (await answers[1].json()) as PrintedKey;
    assert.equal(await statusAtSecond(successor), 200);
  });
});
