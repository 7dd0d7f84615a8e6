import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { connectTo, lines, statuses } from '../http/raw-connection.ts';
import { type RunningService, startService } from '../services/running-service.ts';
import { json } from '../services/service.ts';

const BODY = '{"content_type":"image/png"}';

/** A request for a grant that names no user; the URL in its answer names the user of the credential. */
const grantBy = (key: string | undefined): string =>
  lines(
    'POST /images/upload HTTP/1.1',
    'Host: localhost',
    'Content-Type: application/json',
    `Content-Length: ${BODY.length}`,
    ...(key === undefined ? [] : [`Authorization: Bearer ${key}`]),
  ) + BODY;

async function keyOf(service: RunningService, owner: string): Promise<string> {
  const admin = (await readFile(join(service.folder, 'data/admin-key'), 'utf8')).trim();
  const terms = { name: owner, owner, scopes: ['images:upload'] };
  const answer = await fetch(`${service.origin}/keys`, json(terms, { Authorization: `Bearer ${admin}` }));
  assert.equal(answer.status, 201);
  return ((await answer.json()) as { key: string }).key;
}

describe('pipelined requests of several users', () => {
  it('are each of their own credential, also after one and before one without any', async () => {
    await using service = await startService({ AUTH: 'api-key', RATE_LIMITS: 'off', LOG_LEVEL: 'silent' });
    const [ada, bob] = [await keyOf(service, 'ada'), await keyOf(service, 'bob')];
    await using connection = await connectTo(service.origin);
    const keys = [ada, bob, undefined, bob, ada, undefined, ada, bob];
    connection.socket.write(keys.map(grantBy).join(''));
    const received = await connection.until(
      (text) => statuses(text).length === keys.length && text.trimEnd().endsWith('}'),
    );
    const users = received
      .split('HTTP/1.1 ')
      .slice(1)
      .map((answer) => /\/incoming\/(\w+)\//.exec(answer)?.[1] ?? answer.slice(0, 3));
    assert.deepEqual(users, ['ada', 'bob', '401', 'bob', 'ada', '401', 'ada', 'bob']);
  });
});
