import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { testImage } from '../../../test/pictures/test-images.ts';
import { startService } from '../../server/test/services/running-service.ts';
import { codeLines, curlLine, type Place } from '../src/first-run/snippets.ts';
import { barriersOf } from './axe.fixture.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { chooserBy, faultsAmong, listed, trayOf, untilReady } from './uploads.fixture.ts';
import { until } from './viewer.fixture.ts';

const run = promisify(execFile);

describe('an empty gallery', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'safelight-first-run-'));
    await writeFile(join(folder, 'photo.jpg'), await testImage({ type: 'image/jpeg', width: 48, height: 32 }));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** Once more if the service is too busy, as its answer asks. */
  async function inShell(command: string, env: Record<string, string> = {}): Promise<void> {
    for (;;) {
      const { stdout } = await run('sh', ['-c', command], { cwd: folder, env: { PATH: process.env['PATH'], ...env } });
      const { image_id, status, detail } = JSON.parse(stdout) as Record<string, unknown>;
      if (image_id !== undefined) return;
      assert.ok(status === 429 || status === 503, `expected an image; got ${detail}`);
    }
  }

  /** As from a file of the reader's project, which has the client installed. */
  const inNode = (code: string, env: Record<string, string> = {}) =>
    run(process.execPath, ['--conditions=safelight-source', '--input-type=module', '-e', inProject(code)], {
      cwd: import.meta.dirname,
      env: { PATH: process.env['PATH'], ...env },
    });
  const inProject = (code: string): string => code.replace("'photo.jpg'", JSON.stringify(join(folder, 'photo.jpg')));

  describe('in a page', { skip: NO_CHROMIUM }, () => {
    let gallery: Gallery;
    before(async () => {
      gallery = await startGallery({ LOG_LEVEL: 'silent' });
    });
    after(() => gallery?.[Symbol.asyncDispose]());

    it('shows a command and code that work as they are copied, the documentation, and a button', async () => {
      const { page, complaints } = await gallery.open({ permissions: ['clipboard-read', 'clipboard-write'] });
      const copied = async (label: string): Promise<string> => {
        await page.evaluate(`navigator.clipboard.writeText('')`); // the tick of the button before may still be there
        await page.getByRole('button', { name: label }).press('Enter');
        await until(page, `await navigator.clipboard.readText()`);
        return page.evaluate('navigator.clipboard.readText()');
      };
      await page.getByRole('heading', { name: 'Drop photographs here' }).waitFor();
      assert.deepEqual(await barriersOf(page), []);
      const command = await copied('Copy the command');
      assert.equal(command, `curl -F user_id=me -F file=@photo.jpg ${gallery.service.origin}/images`);
      await inShell(command);
      const code = await copied('Copy the code');
      assert.equal(code.split('\n').length, 6);
      await inNode(code);
      assert.equal((await listed(gallery.service.origin)).length, 2);
      assert.equal(await page.getByRole('link', { name: 'the documentation' }).getAttribute('href'), '/docs');
      assert.equal((await fetch(`${gallery.service.origin}/docs`)).status, 200);

      await untilReady(page);
      const upload = page.getByRole('main').getByRole('button', { name: 'Upload' });
      await (await chooserBy(page, 'Enter', () => upload.press('Enter'))).setFiles(join(folder, 'photo.jpg'));
      await trayOf(page).getByText('1 already here').waitFor(); // the page shows what came by the command and the code
      await page.locator('[data-image]').nth(1).waitFor();
      assert.equal(await page.getByRole('heading', { name: 'Drop photographs here' }).count(), 0);
      assert.deepEqual(faultsAmong(complaints), []);
    });
  });

  it('says how with a credential, and for users of any name', async () => {
    await using service = await startService({ AUTH: 'api-key', LOG_LEVEL: 'silent' });
    const TOKEN = (await readFile(join(service.folder, 'data', 'admin-key'), 'utf8')).trim();
    const users = ['ada', "@photo.jpg; o'hara", '<photo.jpg', 'a\\b "c" $HOME'];
    for (const user of users) {
      const place: Place = { origin: service.origin, user, needsCredential: true };
      await inShell(curlLine(place), { TOKEN });
      await inNode(codeLines(place), { TOKEN });
      const answer = await fetch(`${service.origin}/images?user_id=${encodeURIComponent(user)}`, {
        headers: { authorization: `Bearer ${TOKEN}` },
      });
      assert.equal(((await answer.json()) as { readonly count: number }).count, 2, user);
    }
  });
});
