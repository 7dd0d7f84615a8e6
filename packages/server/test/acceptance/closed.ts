import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Way } from '../../../../scripts/test-tiers.ts';
import type { Grant, UploadToken } from '../../../../test/acceptance/answers.ts';
import { connect, json, newUser } from '../../../../test/acceptance/api.ts';
import { eventually } from '../../../../test/acceptance/eventually.ts';
import { describeTwoUsers } from './two-users.ts';
import { describeWay } from './way.ts';

const SECRET_KEY = 'signs-the-urls-of-this-run-and-is-in-no-log';

/** The settings of each process of a closed service. Its log has every line that it can have. */
/** Webhooks and pictures may be on this machine. */
export const ASKS_THIS_MACHINE = { OUTBOUND_ALLOW: '127.0.0.1/32', INGEST_HOSTS: '127.0.0.1' };

export const CLOSED = {
  AUTH: 'api-key',
  RATE_LIMITS: 'off', // the suite sends more in a minute than any caller may
  LOG_LEVEL: 'debug',
  LOG_FORMAT: 'json',
  SECRET_KEY,
} as const;

/** A service with these settings. */
export interface Closed {
  readonly origin: string;
  /** The key of an admin. */
  readonly admin: string;
  /** The output of all its processes so far. */
  output(): string;
}

/**
 * The whole suite with a key that acts for everyone, then two users at once with keys of their own, then the log of it
 * all.
 */
export async function describeClosed(
  way: Way,
  { origin, admin, output }: Closed,
  secrets: readonly string[] = [],
): Promise<void> {
  const { ask } = await connect(origin, { token: admin });
  const create = (terms: object): Promise<{ readonly key: string; readonly key_id: string }> =>
    ask('/keys', json({ name: 'acceptance', scopes: ['images:read', 'images:write'], ...terms }));
  const keyOf = async (terms: object): Promise<string> => (await create(terms)).key;
  const [one, other] = [newUser(), newUser()];
  const [everyone, first, second] = [
    await keyOf({ acts_as: ['*'] }),
    await keyOf({ owner: one }),
    await keyOf({ owner: other }),
  ];

  describeWay(way, await connect(origin, { token: everyone, adminToken: admin }));
  await describeTwoUsers(origin, [
    { token: first, asUser: one },
    { token: second, asUser: other },
  ]);

  it('an upload token ends with the key that minted it', async () => {
    const { key, key_id } = await create({ owner: newUser() });
    const { token } = await (await connect(origin, { token: key })).ask<UploadToken>('/upload-tokens', json({}));
    const uploader = await connect(origin, { token });
    assert.equal((await uploader.ask<Grant>('/uploads', json({ content_type: 'image/png' }))).status, 'pending');
    await ask(`/keys/${key_id}`, { method: 'DELETE' });
    await eventually(() => uploader.refused('unauthenticated', '/uploads', json({ content_type: 'image/png' })));
  });

  it('an upload token is apart from those of other minters for the same user', async () => {
    const owner = newUser();
    const keys = [await keyOf({ owner }), await keyOf({ owner })];
    const uploaders = await Promise.all(
      keys.map(async (token) => {
        const minted = await (await connect(origin, { token })).ask<UploadToken>('/upload-tokens', json({}));
        return connect(origin, { token: minted.token });
      }),
    );
    const keyed = json({ content_type: 'image/png' }, { 'Idempotency-Key': 'the same' });
    const [one, other] = await Promise.all(uploaders.map((uploader) => uploader.ask<Grant>('/uploads', keyed)));
    assert.ok(one && other && one.image_id !== other.image_id);
    await uploaders[0]?.refused('image-not-found', `/images/${other.image_id}/metadata`);
    await uploaders[1]?.refused('image-not-found', `/images/${one.image_id}/metadata`);
  });

  it('the log has no key, token, secret, signature or presigned query', () => {
    const lines = output()
      .split('\n')
      .filter((line) => !line.startsWith('Safelight listens on ')); // it shows how to send a key
    assert.ok(lines.some((line) => line.includes('"level":"debug"') || line.includes('"level":20')));
    assert.ok(lines.some((line) => line.includes('"event":"audit"')));
    const texts = [SECRET_KEY, ...secrets, ...[admin, everyone, first, second].map(secretOf)];
    const isLeak = (line: string): boolean => CREDENTIALS.test(line) || texts.some((text) => line.includes(text));
    assert.equal(lines.find(isLeak), undefined);
  });
}

/**
 * A key's text is `safelight_<id>_<secret and checksum>`; an operator finds the key by its id, which may be in a log.
 */
const secretOf = (key: string): string => key.split('_')[2] ?? assert.fail('expected a key of three parts');

/**
 * In a header or in a signed URL. The log redacts the text after the header's name in a problem; one of S3's codes has
 * its name.
 */
const CREDENTIALS =
  /authorization(?!: … got (?:none"|one that is not accepted: )|QueryParametersError")|bearer\s|x-amz-(?:signature|credential|security-token)|\bsig=|safelight_\w{16}_|sl[uv]_[\w-]{20}/i;
