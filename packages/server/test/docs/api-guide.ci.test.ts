import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { skipWithout } from '../../../../test/servers/installed.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { launchChromium, NO_CHROMIUM } from '../services/chromium.ts';
import { startService } from '../services/running-service.ts';

const GUIDE = join(import.meta.dirname, '../../../../docs/api.md');
const UPLOADS = join(import.meta.dirname, '../../../../docs/uploads.md');
const ALBUMS = join(import.meta.dirname, '../../../../docs/albums.md');
const README = join(import.meta.dirname, '../../../../README.md');
const IN_SHELL = { skip: skipWithout('bash', 'curl') };
const BASE = 'http://127.0.0.1:8000';

/** The blocks that a reader would copy: commands, or a page. */
const blocksIn = (markdown: string, language: 'sh' | 'html'): string[] =>
  [...markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)].flatMap(([, found, block = '']) => {
    assert.match(found ?? '', /^(sh|html)$/, 'expected a block of commands or a page, which can be run');
    return found === language ? [block] : [];
  });

/** Runs the commands as one script, which ends at the first failure. */
async function run(commands: string, folder: string): Promise<{ exitCode: number | null; output: string }> {
  const shell = spawn('bash', ['-euxo', 'pipefail', '-c', commands], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(shell.stdout), text(shell.stderr), once(shell, 'close')]);
  return { exitCode: shell.exitCode, output: `${stdout}\n${stderr.slice(-3_000)}` };
}

describe('README.md', IN_SHELL, () => {
  it('has commands that work when pasted, after IMAGE_ID is replaced by an id', async () => {
    await using service = await startService({ LOG_LEVEL: 'silent' });
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'photo.jpg'), await testImage({ type: 'image/jpeg', width: 320, height: 240 }));
    const [, sections = ''] = (await readFile(README, 'utf8')).split('## Upload, look, list');
    const commands = [...sections.matchAll(/^```\n(.*?)^```$/gms)]
      .map(([, block = '']) => block)
      .filter((block) => block.includes(BASE))
      .join('\n');
    const upload = `curl -F file=@photo.jpg '${BASE}/images/upload?user_id=me'`;
    const script = [
      'curl() { command curl -fsS "$@"; }',
      `IMAGE_ID=$(${upload} | sed 's/.*"image_id":"\\([^"]*\\)".*/\\1/')`,
      commands.replaceAll('IMAGE_ID', '$IMAGE_ID'),
    ].join('\n');
    assert.ok(commands.includes('"$upload_url"'));
    assert.ok(commands.includes('-X DELETE'));
    const { exitCode, output } = await run(script.replaceAll(BASE, service.origin), folder.path);
    assert.equal(exitCode, 0, output);
    const { count } = (await (await fetch(`${service.origin}/images?user_id=me`)).json()) as { count: number };
    assert.equal(count, 2, 'expected two direct uploads and a presigned one, minus a deleted one');
  });
});

/** Runs all commands of a document, against a service of its own. */
async function runAll(document: string): Promise<void> {
  await using service = await startService({ LOG_LEVEL: 'silent', METADATA_FILTERS: 'order,sku' });
  const folder = await mkdtemp(join(tmpdir(), 'safelight-guide-'));
  try {
    await writeFile(join(folder, 'photo.jpg'), await testImage({ type: 'image/jpeg', width: 320, height: 240 }));
    const blocks = blocksIn(await readFile(document, 'utf8'), 'sh');
    assert.ok(blocks.length > 1);
    const commands = blocks.join('\n');
    assert.ok(commands.includes(BASE));
    const { exitCode, output } = await run(commands.replaceAll(BASE, service.origin), folder);
    assert.equal(exitCode, 0, output);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('docs/uploads.md', () => {
  it('has commands that all succeed in their order', IN_SHELL, () => runAll(UPLOADS));
});

describe('docs/albums.md', () => {
  it('has commands that all succeed in their order', IN_SHELL, () => runAll(ALBUMS));
});

describe('docs/api.md', () => {
  it('has commands that all succeed in their order', IN_SHELL, () => runAll(GUIDE));

  it('is checked by a script that stops at a failure, also within a pipe', IN_SHELL, async () => {
    const { exitCode, output } = await run('false | true\necho still here', tmpdir());
    assert.equal(exitCode, 1);
    assert.doesNotMatch(output, /still here/);
  });

  it('has a page that shows placeholders, then the thumbnails', { skip: NO_CHROMIUM }, async () => {
    await using service = await startService({ LOG_LEVEL: 'silent' });
    const upload = await fetch(`${service.origin}/images/upload?user_id=me&filename=beach.jpg`, {
      method: 'POST',
      headers: { 'Content-Type': 'image/jpeg' },
      body: await testImage({ type: 'image/jpeg', width: 1200, height: 900 }),
    });
    assert.equal(upload.status, 200);
    const [html = ''] = blocksIn(await readFile(GUIDE, 'utf8'), 'html');
    const library = await readFile(fileURLToPath(import.meta.resolve('thumbhash')));
    const pages = createServer(({ url }, response) => {
      const isLibrary = url === '/thumbhash.js';
      response.setHeader('Content-Type', isLibrary ? 'text/javascript' : 'text/html');
      response.end(isLibrary ? library : html.replaceAll(BASE, service.origin));
    });
    pages.listen(0, '127.0.0.1');
    await once(pages, 'listening');
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${(pages.address() as AddressInfo).port}`);
      const picture = page.getByAltText('beach.jpg');
      await picture.evaluate((one: { decode(): Promise<void> }) => one.decode());
      const shown = await picture.evaluate(
        (one: { naturalWidth: number; height: number; style: { background: string } }) => [
          one.naturalWidth,
          one.height,
          one.style.background,
        ],
      );
      assert.deepEqual(shown.slice(0, 2), [256, 192]);
      assert.match(String(shown[2]), /url\("data:image\/png;base64,.+rgb/);
    } finally {
      await browser.close();
      pages.close();
    }
  });
});
