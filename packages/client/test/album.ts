import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testImage } from '../../../test/pictures/test-images.ts';

/** Photographs in a temporary folder. */
export interface Album extends AsyncDisposable {
  readonly folder: string;
  readonly paths: readonly string[];
  /** By file name. */
  readonly bytes: ReadonlyMap<string, Buffer>;
}

export async function createAlbum(count: number, { width = 640, height = 480 } = {}): Promise<Album> {
  const folder = await mkdtemp(join(tmpdir(), 'safelight-album-'));
  const bytes = new Map<string, Buffer>();
  for (let seed = 1; seed <= count; seed += 1)
    bytes.set(`photo ${seed}.jpg`, await testImage({ type: 'image/jpeg', width, height, seed }));
  for (const [name, content] of bytes) await writeFile(join(folder, name), content);
  return {
    folder,
    bytes,
    paths: [...bytes.keys()].map((name) => join(folder, name)),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

interface Listed {
  readonly images: readonly { readonly image_id: string; readonly filename: string }[];
}

export async function listOf(origin: string, query: string): Promise<Listed['images']> {
  const answer = await fetch(`${origin}/images?${query}&limit=1000`);
  return ((await answer.json()) as Listed).images;
}

/** Asserts that the user has each photograph exactly once, byte for byte, and no upload that was begun beside it. */
export async function requireAlbum(origin: string, userId: string, { bytes }: Album): Promise<void> {
  const images = await listOf(origin, `user_id=${userId}`);
  assert.deepEqual(images.map(({ filename }) => filename).toSorted(), [...bytes.keys()].toSorted());
  for (const { image_id, filename } of images) {
    const answer = await fetch(`${origin}/images/${image_id}/original?user_id=${userId}`);
    assert.ok(bytes.get(filename)?.equals(Buffer.from(await answer.arrayBuffer())), `the bytes of ${filename}`);
  }
  assert.deepEqual(await listOf(origin, `user_id=${userId}&status=pending`), []);
}
