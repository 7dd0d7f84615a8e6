import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { S3Client } from '@aws-sdk/client-s3';
import { createSigners } from './signers.ts';

const at = (time: string) => new Date(`2026-11-20T${time}Z`);

/** Signers at a moment, for a role whose credentials expire at another. */
function signersOf({ now, end }: { now: Date; end: Date }) {
  const keys = { accessKeyId: 'ASIA', secretAccessKey: 'only for tests', sessionToken: 'token' };
  const client = new S3Client({ region: 'us-east-1', credentials: async () => ({ ...keys, expiration: end }) });
  return createSigners({ client, region: 'us-east-1', clock: { now: () => now } });
}

async function untilOf(
  times: Parameters<typeof signersOf>[0],
  asked: { expiresInSeconds: number; windowSeconds?: number },
) {
  const { now, expiresInSeconds } = await signersOf(times).until(asked);
  return { now, expiresInSeconds };
}

describe('expiring credentials', () => {
  const end = at('12:30:00');

  it('limit a URL to their own expiry', async () => {
    const now = at('12:00:00');
    assert.deepEqual(await untilOf({ now, end }, { expiresInSeconds: 1_800 }), { now, expiresInSeconds: 1_800 });
    assert.deepEqual(await untilOf({ now, end }, { expiresInSeconds: 1_801 }), { now, expiresInSeconds: 1_800 });
  });

  it('limit all URLs of a window alike', async () => {
    const begin = at('12:00:00');
    for (const now of [begin, at('12:09:59.999')]) {
      const asked = { expiresInSeconds: 1_500, windowSeconds: 600 };
      assert.deepEqual(await untilOf({ now, end }, asked), { now: begin, expiresInSeconds: 1_500 });
      const longer = { expiresInSeconds: 7_200, windowSeconds: 600 };
      assert.deepEqual(await untilOf({ now, end }, longer), { now: begin, expiresInSeconds: 1_800 });
    }
  });

  it('sign nothing after their expiry, regardless of the window', async () => {
    const asked = { expiresInSeconds: 7_200, windowSeconds: 3_600 };
    assert.equal((await untilOf({ now: at('12:29:59'), end }, asked)).expiresInSeconds, 1_800);
    await assert.rejects(signersOf({ now: at('12:30:00'), end }).until(asked), { code: 'unavailable' });
  });
});
