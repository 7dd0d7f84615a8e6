import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { freePort } from '../../../test/servers/free-port.ts';
import { launchChromium } from '../../server/test/services/chromium.ts';
import { NO_NGINX, startNginx } from '../../server/test/services/nginx.ts';
import { startService } from '../../server/test/services/running-service.ts';
import { signIn } from './closed-gallery.fixture.ts';
import { NO_CHROMIUM } from './gallery.fixture.ts';
import { untilShown } from './shown-pictures.fixture.ts';
import { storePicture } from './store-picture.fixture.ts';

const NAME = 'images.example.test';
const EDGE = '127.0.0.2';

describe('the gallery behind nginx', { skip: NO_CHROMIUM || NO_NGINX }, () => {
  it('works under a host name, with authentication, and names no other origin', async () => {
    const [port, own] = [await freePort(), await freePort()];
    const publicUrl = `http://${NAME}:${port}`;
    await using service = await startService({
      PORT: String(own),
      AUTH: 'api-key',
      PUBLIC_URL: publicUrl,
      TRUSTED_PROXIES: EDGE,
      PROXY_HEADERS: 'x-forwarded',
    });
    await using nginx = await startNginx({
      origin: `http://127.0.0.1:${own}`,
      from: EDGE,
      port,
      directives: [
        'proxy_set_header Host $http_host;',
        'proxy_set_header X-Forwarded-For $remote_addr;',
        'proxy_set_header X-Forwarded-Host $http_host;',
        'proxy_set_header X-Forwarded-Proto $scheme;',
        'proxy_request_buffering off;',
        'client_max_body_size 0;',
      ],
    });
    assert.ok(nginx.origin.endsWith(`:${port}`));
    const admin = (await readFile(join(service.folder, 'data/admin-key'), 'utf8')).trim();
    const id = await storePicture({
      origin: `http://127.0.0.1:${own}`,
      seed: 1,
      key: admin,
      fields: { user_id: 'ada' },
    });

    await using stack = new AsyncDisposableStack();
    const browser = await launchChromium([
      `--host-resolver-rules=MAP ${NAME} 127.0.0.1`,
      `--unsafely-treat-insecure-origin-as-secure=${publicUrl}`,
    ]);
    stack.defer(() => browser.close());
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    const answer = await page.goto(publicUrl);
    const policy = answer?.headers()['content-security-policy'] ?? '';
    assert.ok(policy.includes("img-src 'self' blob: data:; connect-src 'self'; worker-src 'self';"), policy);
    await signIn(page, admin);
    await untilShown(page, id);
    const address = await page
      .locator(`img[src*="/images/${id}/"]`)
      .first()
      .evaluate((one: { readonly currentSrc: string }) => one.currentSrc);
    assert.equal(new URL(address).origin, publicUrl);
    assert.ok(new URL(address).searchParams.has('sig'));
    assert.deepEqual(complaints, []);
  });
});
