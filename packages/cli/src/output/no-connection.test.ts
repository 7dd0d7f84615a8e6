import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { tellingOfNoConnection } from './no-connection.ts';

const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED', address: '127.0.0.1', port: 8_000 });
const noConnection = new TypeError('fetch failed', { cause: refused });

describe('a service without a connection', () => {
  let said: string[];
  let answers: (Error | Response)[];
  let ask: () => Promise<Response>;
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
    said = [];
    answers = [];
    const fetching = tellingOfNoConnection(
      async () => {
        const answer = answers.shift() ?? noConnection;
        if (answer instanceof Error) throw answer;
        return answer;
      },
      (text) => said.push(text),
    );
    ask = () => fetching('http://127.0.0.1:8000/');
  });
  afterEach(() => mock.timers.reset());

  it('is told after three seconds, once, with the reason', async () => {
    await assert.rejects(ask(), noConnection);
    mock.timers.tick(2_999);
    await assert.rejects(ask(), noConnection);
    assert.deepEqual(said, []);
    mock.timers.tick(1);
    assert.deepEqual(said, ['No connection to the service: nothing listens at 127.0.0.1:8000. Trying again.']);
    await assert.rejects(ask(), noConnection);
    mock.timers.tick(60_000);
    assert.equal(said.length, 1);
  });

  it('is not told if a repeat is answered within three seconds', async () => {
    answers = [noConnection, new Response('{}')];
    await assert.rejects(ask(), noConnection);
    assert.equal((await ask()).status, 200);
    mock.timers.tick(60_000);
    assert.deepEqual(said, []);
  });
});
