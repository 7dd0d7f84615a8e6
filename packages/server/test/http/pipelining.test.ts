import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { type RunningService, startService } from '../services/running-service.ts';
import { connectTo, lines, statuses } from './raw-connection.ts';

const get = (path: string): string => lines(`GET ${path} HTTP/1.1`, 'Host: localhost');

describe('pipelined requests', () => {
  let service: RunningService;
  before(async () => {
    service = await startService();
  });
  after(() => service[Symbol.asyncDispose]());

  const handled = (path: string): number => service.output().split(`"path":"${path}"`).length - 1;

  const untilLogged = async (path: string): Promise<void> => {
    while (handled(path) === 0) await once(service.process.stdout ?? service.process, 'data');
  };

  it('are answered in order, with their bodies, if there are ten', async () => {
    const grant = lines('POST /images/upload?user_id=ada HTTP/1.1', 'Host: localhost', 'Content-Length: 0');
    const body = '{"user_id":"ada","content_type":"image/png"}';
    const json = `${lines(
      'POST /images/upload HTTP/1.1',
      'Host: localhost',
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
    )}${body}`;
    await using connection = await connectTo(service.origin);
    connection.socket.write(`${get('/a')}${grant}${get('/health')}${json}`.repeat(2) + get('/b') + get('/health'));
    const received = await connection.until((text) => statuses(text).length === 10 && text.endsWith('{"status":"ok"}'));
    assert.deepEqual(statuses(received), [404, 200, 200, 200, 404, 200, 200, 200, 404, 200]);
  });

  it('are handled one at a time: none is started while one is pending', async () => {
    const grant = await fetch(`${service.origin}/images/upload?user_id=ada`, { method: 'POST' });
    const { image_id } = (await grant.json()) as { image_id: string };
    await using connection = await connectTo(service.origin);
    connection.socket.write(get(`/images/${image_id}/metadata?wait=20`) + get('/behind').repeat(50));
    await using other = await connectTo(service.origin);
    other.socket.write(get('/beside'));
    await untilLogged('/beside');
    assert.equal(handled('/behind'), 0);
    assert.equal(connection.received(), '');
  });

  it('end the connection if there are hundreds, most of which are never handled', async () => {
    await using connection = await connectTo(service.origin);
    connection.socket.write(get('/flood').repeat(900));
    const received = await connection.ended;
    assert.ok(statuses(received).length <= 100, `${statuses(received).length} answers`);
    await fetch(`${service.origin}/behind-the-flood`);
    await untilLogged('/behind-the-flood');
    assert.ok(handled('/flood') <= 100, `${handled('/flood')} handled`);
  });
});
