import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { freePort } from '../../../../test/servers/free-port.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { METHODS } from '../../src/observe/telemetry/metrics/catalog.ts';
import { type RunningService, startService } from '../services/running-service.ts';
import { scrape } from '../telemetry/prometheus-text.ts';
import { connectTo, lines, statuses } from './raw-connection.ts';
import { CHUNKED, type Line, POST, REFUSED, unparsed, upload } from './refused-by-node.ts';

describe('a request that Node itself would answer', () => {
  let service: RunningService;
  let metrics: string;
  before(async () => {
    const port = await freePort();
    metrics = `http://127.0.0.1:${port}/metrics`;
    service = await startService({ LOG_FORMAT: 'json', METRICS_PORT: String(port) });
  });
  after(() => service[Symbol.asyncDispose]());

  const logged = (): Line[] =>
    service
      .output()
      .split('\n')
      .filter((line) => line.includes('"msg":"request"') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Line);

  /** The lines of these bytes, once there are so many. */
  async function linesOf(sent: string, { count = 1, isEnded = false } = {}) {
    const before = logged().length;
    await using connection = await connectTo(service.origin);
    connection.socket.write(sent);
    if (isEnded) connection.socket.end();
    const received = await connection.ended;
    await until(async () => logged().length >= before + count);
    return { received, lines: logged().slice(before) };
  }

  const pending = async (): Promise<string> => {
    const init = { method: 'POST', headers: { 'Content-Type': 'application/json' } };
    const body = JSON.stringify({ user_id: 'ada', content_type: 'image/jpeg' });
    const before = logged().length;
    const answer = await fetch(`${service.origin}/uploads`, { ...init, body });
    await until(async () => logged().length > before);
    return ((await answer.json()) as { readonly image_id: string }).image_id;
  };

  for (const [name, { sent, line }] of Object.entries(REFUSED)) {
    it(`is answered, and has a line in the log: ${name}`, async () => {
      const { received, lines } = await linesOf(sent);
      assert.deepEqual(statuses(received), [line.status], received);
      assert.equal(lines.length, 1);
      assert.partialDeepStrictEqual(lines[0], { ...line, client_address: '127.0.0.1' });
    });
  }

  it('is no answer to an earlier request of its connection, which is aborted', async () => {
    const path = `/images/${await pending()}/metadata`;
    const waiting = lines(`GET ${path}?wait=20 HTTP/1.1`, 'Host: localhost');
    const { received, lines: found } = await linesOf(`${waiting}NONSENSE\r\n\r\n`, { count: 2 });
    assert.equal(received, '');
    const aborted = { outcome: 'aborted', status: 499 };
    assert.partialDeepStrictEqual(
      found.toSorted((a, b) => a.path.localeCompare(b.path)),
      [
        { ...aborted, method: '-', path: '-', reason: 'HPE_INVALID_METHOD' },
        { ...aborted, method: 'GET', path },
      ],
    );
  });

  it('is answered after an earlier request of its connection: CONNECT', async () => {
    const path = `/images/${await pending()}/metadata`;
    const waiting = lines(`GET ${path}?wait=1 HTTP/1.1`, 'Host: localhost');
    const { received, lines: found } = await linesOf(`${waiting}${REFUSED['CONNECT']?.sent}`, { count: 2 });
    assert.deepEqual(statuses(received), [200, 400]);
    assert.deepEqual(
      found.map(({ method, outcome }) => [method, outcome]),
      [
        ['GET', 'answered'],
        ['CONNECT', 'answered'],
      ],
    );
  });

  it('is answered if its head is cut off, but not if its body is', async () => {
    const { received, lines: found } = await linesOf('GET /images HT', { isEnded: true });
    assert.deepEqual(statuses(received), [400]);
    assert.partialDeepStrictEqual(found, [{ ...unparsed, status: 400, reason: 'HPE_INVALID_EOF_STATE' }]);
    const cut = await linesOf(`${upload}1\r\n{\r\n`, { isEnded: true });
    assert.equal(cut.received, '');
    assert.partialDeepStrictEqual(cut.lines, [{ ...POST, outcome: 'aborted', status: 499 }]);
  });

  for (const [name, send] of Object.entries({
    'the end of the connection': (socket: Socket) => socket.end(),
    'a broken chunk': (socket: Socket) => socket.write('z\r\n'),
  })) {
    it(`is not there after an early answer, in the rest of the body: ${name}`, async () => {
      const before = logged().length;
      await using connection = await connectTo(service.origin);
      connection.socket.write(lines('POST /nowhere HTTP/1.1', ...CHUNKED));
      await connection.until((received) => received.includes('route-not-found'));
      send(connection.socket);
      assert.deepEqual(statuses(await connection.ended), [404]);
      const paths = () =>
        logged()
          .slice(before)
          .map(({ path }) => path);
      await until(async () => paths().includes('/nowhere')); // a line comes once its connection has closed
      await linesOf(lines('GET /next HTTP/1.1', 'Host: localhost', 'Connection: close'));
      assert.deepEqual(paths(), ['/nowhere', '/next']);
    });
  }

  it('is in the metrics, each once, and nothing else is', async () => {
    await using idle = await connectTo(service.origin);
    idle.socket.end(); // as the check of a load balancer
    await idle.ended;
    const all = logged();
    assert.ok(all.length > Object.keys(REFUSED).length, `${all.length} lines`);
    const told = all.map(({ method, status, outcome, code }) => {
      const isNamed = METHODS.some((one) => one === method);
      const error = outcome === 'aborted' ? outcome : code;
      return `${isNamed ? method : '_OTHER'} ${status === 499 ? '' : status} ${error ?? ''}`;
    });
    const counted = (await scrape(metrics))
      .filter(({ name }) => name === 'http_server_request_duration_count')
      .flatMap(({ labels, value }) => {
        const { http_request_method, http_response_status_code = '', error_type = '' } = labels;
        return Array<string>(value).fill(`${http_request_method} ${http_response_status_code} ${error_type}`);
      });
    assert.deepEqual(counted.toSorted(), told.toSorted());
  });
});
