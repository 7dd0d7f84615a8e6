import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { freePort } from '../../../../../../test/servers/free-port.ts';
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

  it('refuses what browsers send, also of a page that rebound its name, and answers a scraper by any name', async () => {
    const port = await freePort();
    await using _ = await openMetricsPort({
      host: '127.0.0.1',
      port,
      variable: 'METRICS_PORT',
      text: async () => 'safelight_build 1\n',
    });
    const ask = async (headers: IncomingHttpHeaders, path = '/metrics') => {
      const asked = request({ port, host: '127.0.0.1', path, headers, agent: false }).end();
      const [answer] = await once(asked, 'response');
      return [answer.statusCode, await textOf(answer)];
    };
    const rebound = { host: `evil.example:${port}`, accept: '*/*' };
    const browsers: readonly IncomingHttpHeaders[] = [
      { ...rebound, 'accept-language': 'en-US,en;q=0.9' },
      { ...rebound, 'accept-language': '' },
      { 'sec-fetch-site': 'none' },
      { 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': '' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ];
    for (const headers of browsers)
      for (const path of ['/metrics', '/']) {
        const [status, sentence] = await ask(headers, path);
        assert.equal(status, 403, JSON.stringify(headers));
        assert.match(String(sentence), /^expected a scraper such as Prometheus; got a browser's request \([\w-]+\)\n$/);
      }
    const prometheus = {
      'user-agent': 'Prometheus/3.5.0',
      accept: 'text/plain;version=0.0.4',
      'accept-encoding': 'gzip',
    };
    for (const host of ['safelight:9464', 'metrics.example.org', `127.0.0.1:${port}`, '[::1]'])
      assert.deepEqual(await ask({ ...prometheus, host }), [200, 'safelight_build 1\n']);
  });
});
