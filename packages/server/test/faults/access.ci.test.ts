import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { chmod, rename } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { childrenOf, signalProcess, until } from '../../src/imaging/processes/process-list.fixture.ts';
import { assertTold, createVisitor } from '../http/every-request.ts';
import { filesBelow } from '../services/files-below.ts';
import { AS_NOBODY, giveToNobody, limitProcess } from '../services/nobody.ts';
import { type RunningService, startService } from '../services/running-service.ts';
import { temporaryFolder } from './file-systems.ts';

const ON_LINUX = { skip: process.platform !== 'linux' && 'needs prlimit(1) and /proc' };

/** A service without root's rights. */
async function startAsNobody(environment: Record<string, string> = {}) {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  await giveToNobody(folder.path);
  const service = stack.use(await startService(environment, folder.path, AS_NOBODY));
  const held = stack.move();
  const id = service.process.pid ?? 0;
  return { ...service, id, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** The path of the image's bytes. */
async function fileOf(service: RunningService, imageId: string): Promise<string> {
  const path = (await filesBelow(join(service.folder, 'data/objects'))).find((each) => each.includes(imageId));
  assert.ok(path);
  return path;
}

describe('unreadable files', () => {
  it('of one image make its bytes 503 and nothing else; all works once they are readable', async () => {
    await using service = await startAsNobody({ LOG_LEVEL: 'silent' });
    const visitor = await createVisitor(service.origin);
    const file = await fileOf(service, visitor.imageId);

    await chmod(file, 0);
    assertTold(await visitor.askAll(), { bytes: '503 unavailable', presignedBytes: '503 ServiceUnavailable' });

    await chmod(file, 0o644);
    assertTold(await visitor.askAll(), {});
    await visitor.assertNothingLost();
  });

  it('of all images make uploads and reads of bytes 503, but not records; all works once they are readable', async () => {
    await using service = await startAsNobody({ LOG_LEVEL: 'silent' });
    const visitor = await createVisitor(service.origin);
    const objects = join(service.folder, 'data/objects');

    await chmod(objects, 0);
    assertTold(await visitor.askAll({ but: ['remove'] }), {
      uploads: '503 unavailable',
      presignedUploads: '503 ServiceUnavailable',
      bytes: '503 unavailable',
      presignedBytes: '503 ServiceUnavailable',
      complete: '503 unavailable',
      failing: ['objects'],
    });

    await chmod(objects, 0o755);
    assertTold(await visitor.askAll(), {});
    await visitor.assertNothingLost();
  });

  it('that are missing are logged with their key; the image works once its file is back', async () => {
    await using service = await startAsNobody({ LOG_LEVEL: 'error' });
    const visitor = await createVisitor(service.origin);
    const file = await fileOf(service, visitor.imageId);

    await rename(file, join(service.folder, 'elsewhere'));
    assertTold(await visitor.askAll(), { bytes: '500 original-lost', presignedBytes: '404 NoSuchKey' });
    await until(async () => service.output().includes(`ready image ${visitor.imageId} lacks its bytes at images/`));

    await rename(join(service.folder, 'elsewhere'), file);
    assertTold(await visitor.askAll(), {});
    await visitor.assertNothingLost();
  });
});

describe('a process without free file descriptors', ON_LINUX, () => {
  it('answers connected clients with 503 and survives; all works once descriptors are free', async () => {
    await using service = await startAsNobody({ LOG_LEVEL: 'silent' });
    const visitor = await createVisitor(service.origin);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    assert.deepEqual(await getOn(agent, `${service.origin}/readyz`), { status: 200, retryAfter: undefined });

    const before = await limitProcess(service.id, 'nofile', String(firstFreeDescriptor(service.id)));
    assert.deepEqual(await getOn(agent, `${service.origin}/images/${visitor.imageId}`), {
      status: 503,
      retryAfter: '5',
    });
    assert.deepEqual(await getOn(agent, `${service.origin}/images`), { status: 200, retryAfter: undefined });
    await assert.rejects(
      getOn(new Agent(), `${service.origin}/health`),
      { code: 'ECONNRESET' },
      'expected a refusal, not a wait',
    );

    await limitProcess(service.id, 'nofile', before);
    agent.destroy();
    assertTold(await visitor.askAll(), {});
    await visitor.assertNothingLost();
  });
});

describe('a service that cannot start processes', ON_LINUX, () => {
  it('accepts no bytes until it can, and then makes the uploads ready', async () => {
    await using service = await startAsNobody({ LOG_LEVEL: 'silent' });
    const visitor = await createVisitor(service.origin);
    const before = await limitProcess(service.id, 'nproc', '1');
    for (const child of await childrenOf(service.id)) signalProcess(child, 'SIGKILL');
    await until(async () => (await childrenOf(service.id)).length === 0);

    assertTold(await visitor.askAll(), {
      uploads: '503 unavailable',
      presignedUploads: '503 ServiceUnavailable',
      complete: '503 unavailable',
    });
    await visitor.assertNothingLost();

    await limitProcess(service.id, 'nproc', before);
    await untilListed(service.origin, visitor.uploadId);
    assertTold(await visitor.askAll(), {});
    await visitor.assertNothingLost();
    assert.ok((await childrenOf(service.id)).length <= availableParallelism());
  });
});

/** Only the service itself examines the image: a list finalizes nothing. */
const untilListed = (origin: string, id: string): Promise<void> =>
  until(async () => (await (await fetch(`${origin}/images`)).text()).includes(id));

/** The lowest descriptor that the process could open: a limit of that number is one of its open files. */
function firstFreeDescriptor(id: number): number {
  const open = new Set(readdirSync(`/proc/${id}/fd`).map(Number));
  for (let number = 0; ; number++) if (!open.has(number)) return number;
}

function getOn(agent: Agent, url: string): Promise<{ status: number | undefined; retryAfter: string | undefined }> {
  const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<typeof getOn>>>();
  request(url, { agent }, (response) => {
    response
      .resume()
      .on('end', () => resolve({ status: response.statusCode, retryAfter: response.headers['retry-after'] }));
  })
    .on('error', reject)
    .end();
  return promise;
}
