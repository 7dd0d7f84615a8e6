import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { createTestService, type TestService } from '../services/service.ts';
import { type CorpusFile, corpusFiles, NO_CORPUS } from './corpus.ts';

interface ImageJson {
  readonly image_id: string;
  readonly status: string;
  readonly width: number;
  readonly height: number;
  readonly size: number;
  readonly sha256: string;
  readonly content_type: string;
  readonly placeholder: string;
}

/** A type that can be granted: files of other types are sent with a wrong one. */
const claimed = ({ type }: CorpusFile): string =>
  type === 'image/heic' ? 'image/avif' : type === 'image/svg+xml' ? 'image/png' : type;

describe('the corpus', { skip: NO_CORPUS }, () => {
  let service: TestService;
  before(async () => {
    service = await createTestService();
  });
  after(() => service[Symbol.asyncDispose]());

  async function requireSame(file: CorpusFile, bytes: Uint8Array, image: ImageJson): Promise<void> {
    const isTurned = file.orientation >= 5;
    assert.deepEqual(
      { ...image, width: image.width, height: image.height },
      {
        ...image,
        status: 'ready',
        content_type: file.type,
        size: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        width: isTurned ? file.height : file.width,
        height: isTurned ? file.width : file.height,
      },
    );
    assert.ok(image.placeholder.length > 10);
    const back = await service.request(`/images/${image.image_id}`);
    assert.equal(back.headers.get('content-type'), file.type);
    assert.ok(Buffer.from(await back.arrayBuffer()).equals(bytes), 'expected the uploaded bytes');
  }

  for (const file of corpusFiles()) {
    const ends = file.isAccepted ? 'is accepted and comes back identical' : 'is refused and leaves nothing';
    it(`${file.file} ${ends}: directly`, async () => {
      const bytes = new Uint8Array(await readFile(file.path));
      const before = (await service.storedFiles()).length;
      const response = await service.request('/images/upload?user_id=direct', {
        method: 'POST',
        headers: { 'Content-Type': claimed(file) },
        body: bytes,
      });
      const answer = (await response.json()) as ImageJson & { detail?: string };
      assert.equal(response.status, file.isAccepted ? 200 : 400, answer.detail);
      if (file.isAccepted) await requireSame(file, bytes, answer);
      else assert.equal((await service.storedFiles()).length, before);
    });

    it(`${file.file} ${ends}: to a presigned URL`, async () => {
      const bytes = new Uint8Array(await readFile(file.path));
      const before = (await service.storedFiles()).length;
      const body = JSON.stringify({ user_id: 'presigned', content_type: claimed(file) });
      const headers = { 'Content-Type': 'application/json' };
      const granted = await service.request('/images/upload', { method: 'POST', headers, body });
      const grant = (await granted.json()) as { image_id: string; upload_url: string; headers: Record<string, string> };
      const put = await service.send(grant.upload_url, { method: 'PUT', headers: grant.headers, body: bytes });
      assert.equal(put.status, file.isAccepted ? 200 : 400, await put.text());

      const list = (await (await service.request('/images?user_id=presigned&limit=1000')).json()) as {
        images: ImageJson[];
      };
      const listed = list.images.find(({ image_id }) => image_id === grant.image_id);
      assert.equal(listed !== undefined, file.isAccepted);
      if (listed) await requireSame(file, bytes, listed);
      else assert.equal((await service.storedFiles()).length, before);
    });
  }
});
