import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createClient, explain, openFile, rejectionOf, type SafelightClient } from '@safelight/client';
import { paddedPng, testImage, truncated } from '../../../test/pictures/test-images.ts';
import { type RunningService, startService } from '../../server/test/services/running-service.ts';
import { listOf } from './album.ts';

const MB = 1_048_576;

describe('a file for an upload', () => {
  let service: RunningService;
  let client: SafelightClient;
  let folder: string;
  let png: Buffer;
  before(async () => {
    service = await startService({ LOG_LEVEL: 'silent' });
    client = createClient({ baseUrl: service.origin, userId: 'ада' });
    folder = await mkdtemp(join(tmpdir(), 'safelight-files-'));
    png = await testImage({ type: 'image/png', width: 64, height: 48 });
  });
  after(async () => {
    await service?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  async function fileOf(name: string, bytes: Uint8Array) {
    const path = join(folder, name);
    await writeFile(path, bytes);
    return { path, file: await openFile(path) };
  }

  it('is empty', async () => {
    const { file } = await fileOf('empty.png', new Uint8Array());
    await assert.rejects(client.upload(file), { code: 'empty-upload' });
  });

  it('is a folder', async () => {
    const path = join(folder, 'folder');
    await mkdir(path);
    await assert.rejects(openFile(path), {
      code: 'unreadable-file',
      message: `expected a file that can be read; got a folder: ${path}`,
    });
  });

  it('is a broken link, or a link to itself', async () => {
    const [broken, circle] = [join(folder, 'broken'), join(folder, 'circle')];
    await symlink(join(folder, 'nowhere'), broken);
    await symlink(circle, circle);
    await assert.rejects(openFile(broken), { code: 'unreadable-file', message: /got no file, or a broken link: / });
    await assert.rejects(openFile(circle), { code: 'unreadable-file', message: /got a link to itself: / });
  });

  it('is gone before it is read', async () => {
    const { file, path } = await fileOf('gone.png', png);
    await rm(path);
    await assert.rejects(client.upload(file), { code: 'unreadable-file' });
  });

  it('is no image', async () => {
    const formats = ((await client.service()).image_types ?? []).map(({ content_type }) => content_type);
    assert.ok(formats.length > 1);
    for (const [bytes, got] of [
      ['%PDF-1.7', 'application/pdf'],
      ['\0\0\0\x18ftypisom\0\0\0\0mp41', 'video/mp4'],
      ['\0\0\0\x14ftypqt  \0\0\0\0qt  ', 'video/quicktime'],
      ['<?xml version="1.0"?><!-- drawn -->\n<svg xmlns="http://www.w3.org/2000/svg"/>', 'image/svg+xml'],
      ['BM', 'image/bmp'],
    ] as const)
      await assert.rejects(client.upload(new Blob([bytes])), {
        code: 'unsupported-type',
        message: `expected one of ${formats.join(', ')}; got ${got}`,
        params: { formats, got },
      });
    await assert.rejects(client.upload(new Blob(['text'])), { message: /; got another file$/, params: { formats } });
  });

  it('is a damaged image', async () => {
    const { file } = await fileOf('damaged.png', truncated(png));
    await assert.rejects(client.upload(file), { code: 'unreadable-image', params: { reason: 'cut-off' } });
    const [image] = await Array.fromAsync(client.images.list({ status: 'rejected' }));
    assert.match(image ? explain(rejectionOf(image)) : '', /the picture ends too early/);
  });

  it('changes while it is sent', async () => {
    const { file, path } = await fileOf('changing.png', paddedPng(png, 20 * MB));
    let isChanged = false;
    const uploading = client.upload(file, {
      onProgress() {
        if (!isChanged) writeFileSync(path, png); // at once: the client reads on meanwhile
        isChanged = true;
      },
    });
    await assert.rejects(uploading, { code: 'file-changed' });
  });

  it('has other bytes than its hash', async () => {
    const { file } = await fileOf('other.png', png);
    await assert.rejects(client.upload(file, { sha256: '0'.repeat(64) }), { code: 'file-changed' });
  });

  it('is named in any script', async () => {
    const names = ['写真.png', 'صورة.png', '🏞️ e\u0301 Ёлка %41?#&+.png', `${'ш'.repeat(120)}.png`];
    for (const [index, name] of names.entries()) {
      const { file } = await fileOf(name, await testImage({ type: 'image/png', width: 32, height: 32, seed: index }));
      await client.upload(file);
    }
    const { file } = await fileOf('photo\u202egnp.exe', png);
    await client.upload(file);
    const listed = await listOf(service.origin, `user_id=${encodeURIComponent('ада')}`);
    assert.deepEqual(listed.map(({ filename }) => filename).toSorted(), [...names, 'photognp.exe'].toSorted());
  });
});
