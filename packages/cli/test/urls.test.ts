import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createClient } from '@safelight/client';
import { type PictureHost, sends, startPictureHost } from '../../../test/servers/picture-host.ts';
import { type RunningService, startService } from '../../server/test/services/running-service.ts';
import { picture } from './pictures.ts';
import { openShell, type Shell } from './running-cli.ts';

describe('uploads by URL', () => {
  let host: PictureHost;
  let service: RunningService;
  let shell: Shell;
  before(async () => {
    host = await startPictureHost({ '/a.png': sends(picture('a')), '/b.png': sends(picture('b')) });
    service = await startService({ ...host.environment, LOG_LEVEL: 'warn' });
    shell = await openShell({ SAFELIGHT_URL: service.origin, SAFELIGHT_USER: 'ada' });
  });
  after(async () => {
    await shell?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
    await host?.[Symbol.asyncDispose]();
  });

  it('by the client resolve with the verified image, or reject with what came of it', async () => {
    const client = createClient({ baseUrl: service.origin, userId: 'ada' });
    assert.equal((await client.service()).ingest, true);
    const granted: string[] = [];
    const image = await client.uploadFromUrl(host.at('/a.png'), { tags: ['x'], onGranted: (id) => granted.push(id) });
    assert.deepEqual([image.status, image.tags, image.filename, granted], ['ready', ['x'], 'a.png', [image.image_id]]);
    await assert.rejects(client.uploadFromUrl(host.at('/none.png')), {
      code: 'fetch-failed',
      params: { reason: 'not-found' },
    });
    await assert.rejects(client.uploadFromUrl('https://elsewhere.test/a.png'), {
      code: 'invalid-request',
      params: { reason: 'refused-host' },
    });
  });

  it('by the command line print an id for each, and fail with the reason', async () => {
    const sent = await shell.run(['upload', `${host.at('/a.png')}?hunter2`, host.at('/b.png'), '--tag', 'sea']);
    assert.equal(sent.exitCode, 0, sent.stderr);
    assert.equal(sent.stdout.match(/^[0-9a-f-]{36}\t.*\/[ab]\.png$/gm)?.length, 2, sent.stdout);
    assert.doesNotMatch(sent.stdout + sent.stderr, /hunter2/);
    const failed = await shell.run(['upload', host.at('/none.png')]);
    assert.notEqual(failed.exitCode, 0);
    assert.match(failed.stderr, /got no picture from the URL/);
    const mixed = await shell.run(['upload', host.at('/a.png'), 'a.png']);
    assert.match(mixed.stderr, /URLs are for a command of their own/);
  });
});
