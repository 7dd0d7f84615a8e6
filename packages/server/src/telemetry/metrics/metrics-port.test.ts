import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { freePort } from '../../../../../test-servers/free-port.ts';
import { openMetricsPort } from './metrics-port.ts';

describe('the port of metrics', () => {
  it('sends the metrics once on a connection, whatever its client has asked for already', async () => {
    const port = await freePort();
    const text = 'é'.repeat(1_000);
    await using _ = await openMetricsPort({
      host: '127.0.0.1',
      port,
      variable: 'METRICS_PORT',
      text: async () => text,
    });
    const socket = connect(port, '127.0.0.1');
    let received = '';
    socket.setEncoding('utf8').on('data', (data: string) => {
      received += data;
    });
    socket.write('GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(1_500));
    await once(socket, 'close');
    const [head = '', body] = received.split('\r\n\r\n');
    assert.match(head, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(head, /content-length: 2000/i);
    assert.match(head, /connection: close/i);
    assert.ok(body?.startsWith(text));
    assert.equal(received.split('HTTP/1.1 200 OK').length - 1, 1);
  });
});
