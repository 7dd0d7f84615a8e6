import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import type { LookUp } from './look-up.ts';
import { createTimedLookUp } from './timed-look-up.ts';

const [NO_SUCH_NAME] = [0x8183];

/** A name server that answers nothing, or that there is no such name; it counts the questions. */
async function startServer(answers: 'nothing' | 'no such name') {
  const counted = { questions: 0 };
  const socket = createSocket('udp4').on('message', (query, { address, port }) => {
    counted.questions += 1;
    if (answers === 'nothing') return;
    const answer = Buffer.from(query);
    answer.writeUInt16BE(NO_SUCH_NAME, 2);
    socket.send(answer, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    counted,
    servers: [`127.0.0.1:${socket.address().port}`],
    async [Symbol.asyncDispose]() {
      socket.close();
      await once(socket, 'close');
    },
  };
}

const INSIDE = [{ address: '10.1.2.3', family: 4 }];
const inside: LookUp = async () => INSIDE;

describe('a look-up with a time of its own', () => {
  it('asks nobody for an address', async () => {
    const lookUp = createTimedLookUp({ otherwise: null });
    assert.deepEqual(await lookUp('127.0.0.1'), [{ address: '127.0.0.1', family: 4 }]);
    assert.deepEqual(await lookUp('::1'), [{ address: '::1', family: 6 }]);
  });

  it('ends for a hundred names whose DNS is dead, without a thread, so that files can be read meanwhile', async () => {
    await using server = await startServer('nothing');
    const lookUp = createTimedLookUp({ ...server, otherwise: inside, timeoutMs: 300 });
    const dead = Array.from({ length: 100 }, (_, at) => lookUp(`dead-${at}.test`));
    for (const ended of await Promise.allSettled(dead)) assert.equal(ended.status, 'rejected');
    assert.ok(server.counted.questions >= 100, `${server.counted.questions} questions`);
  });

  it("finds a name that the DNS doesn't know elsewhere, if there is an elsewhere", async () => {
    await using server = await startServer('no such name');
    assert.deepEqual(await createTimedLookUp({ ...server, otherwise: inside })('gate.internal'), INSIDE);
    await assert.rejects(createTimedLookUp({ ...server, otherwise: null })('gate.internal'), { code: 'ENOTFOUND' });
  });

  it('ends with its caller', async () => {
    await using server = await startServer('nothing');
    const lookUp = createTimedLookUp({ ...server, otherwise: inside, timeoutMs: 60_000 });
    const leaving = new AbortController();
    const looking = lookUp('dead.test', leaving.signal);
    while (server.counted.questions === 0) await new Promise((wait) => setTimeout(wait, 5));
    leaving.abort();
    await assert.rejects(looking, { code: 'ECANCELLED' });
    await assert.rejects(lookUp('dead.test', AbortSignal.abort(new Error('gone'))), /gone/);
  });
});
