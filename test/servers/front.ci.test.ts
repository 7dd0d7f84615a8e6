import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type Front, startFront } from './front.ts';

describe('the proxy of front.ts', () => {
  let server: Server;
  let front: Front;
  const agent = new Agent({ keepAlive: true });
  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    front = await startFront(() => `http://127.0.0.1:${port}`);
  });
  afterEach(async () => {
    agent.destroy();
    await front[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const send = (method: string, headers: Record<string, string>) =>
    request(`${front.url}/a//b%2F?c=+`, { method, headers, agent });
  const answerTo = async (asked: ReturnType<typeof send>): Promise<{ answer: IncomingMessage; body: string }> => {
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    return { answer, body: await text(answer) };
  };

  it('forwards a request, including its Host, and the response', async () => {
    server.on('request', async (incoming, outgoing) => {
      const { method, url, headers } = incoming;
      const said = JSON.stringify({
        method,
        url,
        host: headers.host,
        x: headers['x-test'],
        body: await text(incoming),
      });
      outgoing.writeHead(299, 'As Told', { 'x-said': 'yes' }).end(said);
    });
    const asked = send('PUT', { host: 'signed.test:1', 'x-test': 'é' });
    const { answer, body } = await answerTo(asked.end(Buffer.from('hello')));
    assert.deepEqual([answer.statusCode, answer.statusMessage, answer.headers['x-said']], [299, 'As Told', 'yes']);
    const said = { method: 'PUT', url: '/a//b%2F?c=+', host: 'signed.test:1', x: 'é', body: 'hello' };
    assert.deepEqual(JSON.parse(body), said);
  });

  it('reuses its connection', async () => {
    let connections = 0;
    server.on('connection', () => {
      connections += 1;
    });
    server.on('request', (_, outgoing) => outgoing.end('x'));
    for (const method of ['GET', 'POST', 'DELETE']) await answerTo(send(method, {}).end());
    assert.equal(connections, 1);
  });

  it('ends its request when the client disconnects, and answers the next request', async () => {
    const asked = send('PUT', { 'content-length': '10' });
    asked.on('error', () => {});
    asked.write('half ');
    const [incoming] = (await once(server, 'request')) as [IncomingMessage];
    incoming.resume();
    asked.destroy();
    await assert.rejects(once(incoming, 'close'), { code: 'ECONNRESET' });

    server.on('request', (_, outgoing) => outgoing.end('x'));
    assert.equal((await answerTo(send('GET', {}).end())).body, 'x');
  });

  it('reads the rest of a body that its server answered early, and answers the next request on that connection', async () => {
    const size = 8 * 2 ** 20; // more than the buffers in between hold
    server.once('request', (incoming, outgoing) => {
      incoming.once('readable', () => outgoing.writeHead(413, { 'content-length': '0' }).end());
    });
    const client = connect(Number(new URL(front.url).port), '127.0.0.1');
    client.write(`PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n\r\n`);
    client.write(Buffer.alloc(size));
    assert.match(String(await once(client, 'data')), /^HTTP\/1\.1 413 /);

    server.closeAllConnections();
    server.on('request', (_, outgoing) => outgoing.end('x'));
    client.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    assert.match(await text(client), /^HTTP\/1\.1 200 /);
  });

  it('closes the connection of its client if its server closes its own during or before the response', async () => {
    server.once('request', (incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-length': '10' }).write('half ', () => incoming.socket.destroy());
    });
    await assert.rejects(answerTo(send('GET', {}).end()), { code: 'ECONNRESET' });
    server.once('request', (incoming) => incoming.socket.destroy());
    await assert.rejects(answerTo(send('GET', {}).end()), { code: 'ECONNRESET' });
  });

  it('forwards the answer of its server to Expect: 100-continue: a refusal or 100 Continue', async () => {
    server.once('checkContinue', (_, outgoing) => outgoing.writeHead(413).end());
    const refused = send('PUT', { expect: '100-continue', 'content-length': '5' });
    let wasAskedFor = false;
    refused.on('continue', () => {
      wasAskedFor = true;
    });
    refused.flushHeaders();
    assert.equal((await answerTo(refused)).answer.statusCode, 413);
    assert.equal(wasAskedFor, false);
    refused.destroy();

    server.once('checkContinue', async (incoming, outgoing) => {
      outgoing.writeContinue();
      outgoing.end(await text(incoming));
    });
    const asked = send('PUT', { expect: '100-continue', 'content-length': '5' });
    asked.flushHeaders();
    await once(asked, 'continue');
    assert.equal((await answerTo(asked.end('hello'))).body, 'hello');
  });
});
