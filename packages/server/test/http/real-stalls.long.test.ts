import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startService } from '../services/running-service.ts';
import { connectTo, lines, statuses } from './raw-connection.ts';

const body = (length: number): string =>
  lines(
    'POST /images/upload?user_id=a HTTP/1.1',
    'Host: localhost',
    'Content-Type: image/png',
    `Content-Length: ${length}`,
  );

/** The windows of `bodies.test.ts`, in real time. */
it('a request is ended if it sends nothing or a byte a second, but not if it sends 100 bytes a second', async () => {
  await using service = await startService({ LOG_LEVEL: 'silent' });
  const drip = async (head: string, text: string, times = Number.POSITIVE_INFINITY): Promise<string> => {
    await using connection = await connectTo(service.origin);
    let left = times;
    const timer = setInterval(() => left-- > 0 && connection.socket.write(text), 1_000);
    connection.socket.write(head);
    try {
      return await connection.until((received) => /\r\n\r\n./.test(received));
    } finally {
      clearInterval(timer);
    }
  };
  const [header = '', trickle = '', silence = '', slow = ''] = await Promise.all([
    drip('GET /health HTTP/1.1\r\nX: ', 'a'),
    drip(body(100_000), 'a'),
    drip(body(100_000), ''),
    drip(body(3_500), 'a'.repeat(100), 35),
  ]);
  assert.deepEqual(statuses(header), [408]);
  for (const answer of [trickle, silence])
    assert.match(answer, /400[\s\S]*expected at least 1024 bytes of body each 30 s/);
  assert.match(slow, /400[\s\S]*unsupported-type/, 'expected it to be read to its end, for 35 s');
});
