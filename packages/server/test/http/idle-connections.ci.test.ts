import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { startService } from '../services/running-service.ts';
import { post } from '../services/service.ts';

/** The limit of a Debian login session. */
const FEW_FILES = ['sh', '-c', 'ulimit -n 1024; exec "$@"', 'sh'];

async function connectIdle(origin: string): Promise<Socket> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname).on('error', () => {}); // a replaced connection may be reset
  await once(socket, 'connect');
  return socket;
}

describe('more idle connections than file descriptors', () => {
  it('don’t block uploads or reads from disk', {
    skip: process.platform === 'win32' && 'needs ulimit',
  }, async () => {
    await using service = await startService({ LOG_LEVEL: 'error' }, undefined, FEW_FILES);
    const sockets = await Promise.all(Array.from({ length: 1_100 }, () => connectIdle(service.origin)));
    for (const socket of sockets.slice(550)) socket.write('GET /health HTTP/1.1\r\nHost: loc');

    const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));
    const uploads = await Promise.all(
      Array.from({ length: 20 }, () => fetch(`${service.origin}/images/upload?user_id=u`, post(picture, 'image/jpeg'))),
    );
    for (const uploaded of uploads) {
      const { image_id: id } = (await uploaded.json()) as { image_id: string };
      const read = await fetch(`${service.origin}/images/${id}`);
      assert.equal(read.status, 200);
      assert.equal((await read.arrayBuffer()).byteLength, picture.length);
    }
    assert.equal(service.output().trim().split('\n').length, 1, service.output());
    for (const socket of sockets) socket.destroy();
  });
});
