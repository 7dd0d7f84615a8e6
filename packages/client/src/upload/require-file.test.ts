import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createClient } from '@safelight/client';

const client = createClient({ baseUrl: 'http://127.0.0.1:1' });

for (const [value, got] of [
  ['photo.jpg', 'String'],
  [undefined, 'undefined'],
  [null, 'null'],
  [new Uint8Array(3), 'Uint8Array'],
] as const)
  it(`upload and the queue refuse ${got} before any request, and say what they take`, async () => {
    const message = `expected a File or a Blob (in Node that of openFile(path)); got ${got}`;
    await assert.rejects(client.upload(value as unknown as Blob), { name: 'TypeError', message });
    const uploads = client.uploader();
    const list = value instanceof Uint8Array ? [value] : value;
    await assert.rejects(uploads.add(list as unknown as Blob), { name: 'TypeError', message });
    assert.deepEqual(uploads.items, []);
    await uploads.close();
  });
