import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { launchChromium, NO_CHROMIUM } from '../services/chromium.ts';
import { type RunningService, startService } from '../services/running-service.ts';
import { json } from '../services/service.ts';

const EXAMPLE = join(import.meta.dirname, '../../../../examples/upload-token.ts');

/** The backend of the example, with this key. */
async function startBackend(base: string, key: string) {
  const program = spawn(process.execPath, [EXAMPLE, base, '0'], {
    env: { ...process.env, SAFELIGHT_KEY: key },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = (await once(createInterface(program.stdout), 'line')) as [string];
  const [origin] = /http:\S+/.exec(line) ?? assert.fail(line);
  return {
    page: `${origin}/`,
    tokenFor: (session: string) =>
      fetch(`${origin}/upload-token`, { method: 'POST', headers: { Cookie: `theme=dark; session=${session}` } }),
    async [Symbol.asyncDispose]() {
      program.kill();
      await once(program, 'exit');
    },
  };
}

describe('examples/upload-token.ts', () => {
  let service: RunningService;
  let key: string;
  before(async () => {
    service = await startService({ LOG_LEVEL: 'silent', AUTH: 'api-key' });
    const admin = (await readFile(join(service.folder, 'data/admin-key'), 'utf8')).trim();
    const terms = json(
      { name: 'shop', acts_as: ['*'], scopes: ['images:upload'] },
      { Authorization: `Bearer ${admin}` },
    );
    ({ key } = (await (await fetch(`${service.origin}/keys`, terms)).json()) as { key: string });
  });
  after(() => service[Symbol.asyncDispose]());

  it('hands the user of a session a token, with which a page uploads', async () => {
    await using backend = await startBackend(service.origin, key);
    const answer = await backend.tokenFor('demo');
    assert.deepEqual([answer.status, answer.headers.get('cache-control')], [201, 'no-store']);
    const { token } = (await answer.json()) as { token: string };
    const headers = { Authorization: `Bearer ${token}` };
    const granted = await fetch(`${service.origin}/uploads`, json({ content_type: 'image/webp' }, headers));
    assert.equal(granted.status, 201);
    const { image_id } = (await granted.json()) as { image_id: string };
    const state = await fetch(`${service.origin}/images/${image_id}/metadata`, { headers });
    const { user_id, tags } = (await state.json()) as { user_id: string; tags: string[] };
    assert.deepEqual([user_id, tags], ['ada', ['avatar']]);
  });

  it('has a page that uploads with a token, and never sees the key', { skip: NO_CHROMIUM }, async () => {
    await using backend = await startBackend(service.origin, key);
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      const credentials = new Set<string>();
      page.on('request', async (request) => {
        credentials.add((await request.allHeaders())['authorization']?.slice(0, 11) ?? 'none');
      });
      await page.goto(backend.page);
      const buffer = Buffer.from(await testImage({ type: 'image/jpeg', width: 320, height: 240 }));
      await page.getByLabel('Picture').setInputFiles({ name: 'me.jpg', mimeType: 'image/jpeg', buffer });
      await page.getByRole('status').filter({ hasText: 'Ready' }).waitFor();
      await page.waitForFunction('document.querySelector("img").naturalWidth > 0');
      assert.deepEqual([...credentials].sort(), ['Bearer slu_', 'none']);

      const text = Buffer.from('GIF89a', 'latin1'); // a type that the token doesn't permit
      await page.getByLabel('Picture').setInputFiles({ name: 'me.gif', mimeType: 'image/gif', buffer: text });
      await page.getByRole('status').filter({ hasText: 'Choose a JPEG, PNG or WebP.' }).waitFor();
    } finally {
      await browser.close();
    }
  });

  it('hands nobody else one', async () => {
    await using backend = await startBackend(service.origin, key);
    assert.equal((await backend.tokenFor('other')).status, 401);
  });

  it('tells the page nothing of its own credential', async () => {
    await using backend = await startBackend(service.origin, 'safelight_wrong');
    const answer = await backend.tokenFor('demo');
    assert.deepEqual([answer.status, await answer.text()], [502, '']);
  });

  it('says how to call it', async () => {
    const { SAFELIGHT_KEY: _, ...env } = process.env;
    await assert.rejects(promisify(execFile)(process.execPath, [EXAMPLE], { env }), {
      code: 2,
      stderr: /SAFELIGHT_KEY=/,
    });
  });
});
