import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type RunningService, startService } from '../../server/test/services/running-service.ts';
import { picture, put } from './pictures.ts';
import { openShell, type Shell } from './running-cli.ts';
import { forward, serve } from './serving.ts';

/** What `sync` asks of the service. */
type Request = 'grant' | 'bytes' | 'complete' | 'metadata' | 'other';

interface Holds {
  hold: (asked: Request) => Promise<unknown> | undefined;
  holdAnswer: (asked: Request) => Promise<unknown> | undefined;
}

function requestOf(method = '', path = ''): Request {
  if (method === 'POST' && path === '/uploads') return 'grant';
  if (method === 'PUT') return 'bytes';
  if (/\/complete$/.test(path)) return 'complete';
  return /^\/images\/[^/]+\/metadata/.test(path) ? 'metadata' : 'other';
}

describe('sync after a kill', () => {
  let service: RunningService;
  let shell: Shell;

  before(async () => {
    service = await startService({ LOG_LEVEL: 'warn' });
    shell = await openShell({ SAFELIGHT_USER: 'ada' });
  });
  after(async () => {
    await shell?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
  });

  /**
   * The service behind a proxy that tells what is asked. A request waits for `hold`, and its answer for `holdAnswer`.
   */
  async function watched({ hold, holdAnswer }: Holds) {
    const seen: Request[] = [];
    const proxy = await serve((incoming, response) => {
      const asked = requestOf(incoming.method, incoming.url);
      seen.push(asked);
      void (async () => {
        await hold(asked);
        if (response.closed) return;
        const { status, type, body } = await forward(service.origin, incoming);
        await holdAnswer(asked);
        response.writeHead(status, { 'content-type': type }).end(body);
      })().catch(() => response.destroy());
    });
    return { ...proxy, seen };
  }
  const sync = (folder: string, url: string) => ['sync', folder, '--url', url, '--json', '-c', '2'];
  const count = (seen: readonly Request[], asked: Request): number => seen.filter((one) => one === asked).length;

  /** Syncs one file, and is killed when it asks for this. */
  async function killedAt(asked: Request, folder: string) {
    await put(shell.folder, `${folder}/a.png`, picture(folder));
    const isReached = Promise.withResolvers<void>();
    const steps: Holds = {
      hold(one) {
        if (one !== asked) return undefined;
        isReached.resolve();
        return new Promise(() => undefined);
      },
      holdAnswer: () => undefined,
    };
    await using held = new AsyncDisposableStack();
    const proxy = held.use(
      await watched({ hold: (one) => steps.hold(one), holdAnswer: (one) => steps.holdAnswer(one) }),
    );
    const running = shell.start(sync(folder, proxy.url));
    const early = running.ended.then(({ stderr }) => assert.fail(`the program ended before: ${stderr}`));
    await Promise.race([isReached.promise, early]);
    early.catch(() => undefined); // killed
    running.child.kill('SIGKILL');
    await running.ended;
    steps.hold = () => undefined;
    proxy.seen.length = 0;
    held.move(); // the caller's from now on
    return { ...proxy, steps };
  }

  it('completes an upload whose bytes had arrived, without another grant', async () => {
    await using proxy = await killedAt('complete', 'arrived');
    const { exitCode, json } = await shell.run(sync('arrived', proxy.url));
    assert.deepEqual([exitCode, json().map(({ event }) => event)], [0, ['present', 'summary']]);
    assert.deepEqual(
      proxy.seen.filter((one) => one !== 'other' && one !== 'metadata'),
      ['complete'],
    );
    const again = await shell.run(sync('arrived', proxy.url));
    assert.equal(again.json().at(-1)?.['present'], 1);
    assert.equal(count(proxy.seen, 'complete'), 1, 'and remembers it');
  });

  it('sends the bytes that had not arrived, after the service has said so', async () => {
    await using proxy = await killedAt('bytes', 'missing');
    const { exitCode, json } = await shell.run(sync('missing', proxy.url));
    assert.deepEqual([exitCode, json().map(({ event }) => event)], [0, ['uploaded', 'summary']]);
    assert.deepEqual(
      proxy.seen.filter((one) => one !== 'other' && one !== 'metadata'),
      ['complete', 'grant', 'bytes', 'complete'],
    );
  });

  it('sends a content once when two files have it', async () => {
    await using proxy = await killedAt('bytes', 'copies');
    await put(shell.folder, 'copies/b.png', picture('copies'));
    // If both files ask, the second one's answer is older than the first one's upload.
    const [second, sent] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let questions = 0;
    proxy.steps.holdAnswer = (asked) => {
      if (count(proxy.seen, 'grant') > 0 || (asked !== 'complete' && asked !== 'metadata')) return undefined;
      questions += 1;
      if (questions === 1) return Promise.race([second.promise, setTimeout(1_000)]);
      second.resolve();
      return sent.promise;
    };
    const running = shell.start(sync('copies', proxy.url));
    await running.printed(/"event":"uploaded"/);
    sent.resolve();
    const { exitCode, json } = await running.ended;
    assert.deepEqual([exitCode, json().map(({ event }) => event)], [0, ['uploaded', 'present', 'summary']]);
    assert.equal(count(proxy.seen, 'grant'), 1);
  });

  it('--dry-run asks what arrived, and completes nothing', async () => {
    await using proxy = await killedAt('bytes', 'dry');
    const { exitCode, json } = await shell.run([...sync('dry', proxy.url), '--dry-run']);
    assert.deepEqual([exitCode, json().map(({ event }) => event)], [0, ['planned', 'summary']]);
    assert.equal(count(proxy.seen, 'complete'), 0);
  });
});
