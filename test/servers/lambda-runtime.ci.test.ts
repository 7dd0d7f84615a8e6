import assert from 'node:assert/strict';
import { copyFile, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { startGateway } from './lambda-gateway.ts';
import { startInstance } from './lambda-instance.ts';
import { type LambdaOptions, startLambda } from './lambda-runtime.ts';

const FUNCTION = join(import.meta.dirname, 'lambda-function.fixture.mjs');

async function deploy(options: Partial<LambdaOptions> = {}) {
  await using stack = new AsyncDisposableStack();
  const { path: folder } = stack.use(await mkdtempDisposable(join(tmpdir(), 'lambda-')));
  await copyFile(FUNCTION, join(folder, 'index.mjs'));
  const lambda = stack.use(startLambda({ folder, environment: {}, ...options }));
  const held = stack.move();
  return { folder, lambda, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

const isStopped = async (pid: number): Promise<boolean> =>
  / T /.test((await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/\(.*\)/, ''));

const ON_LINUX = {
  skip: process.platform !== 'linux' && 'instances are frozen, and end with the tests, by means of Linux',
};

describe("the stand-in for Lambda's runtime", ON_LINUX, () => {
  it('forwards answers and errors from one instance', async () => {
    await using deployed = await deploy();
    const { lambda } = deployed;
    const first = await lambda.invoke({ do: 'tell-pid' });
    const error = await lambda.invoke({ do: 'throw' });
    assert.ok(error.kind === 'failed');
    assert.deepEqual([error.error.errorType, error.error.errorMessage], ['RangeError', 'on demand']);
    assert.deepEqual(await lambda.invoke({ do: 'tell-pid' }), first);
    const deadline = await lambda.invoke({ do: 'tell-deadline' });
    assert.ok(deadline.kind === 'answered' && Number(deadline.result) > 0 && Number(deadline.result) <= 30_000);
  });

  it('gives an instance one event at a time, and starts at most maxInstances', async () => {
    await using deployed = await deploy({ maxInstances: 2 });
    const file = join(deployed.folder, 'go-on');
    const held = [1, 2].map(() => deployed.lambda.invoke({ do: 'wait-for', file }));
    const third = deployed.lambda.invoke({ do: 'tell-pid' });
    await writeFile(file, '');
    const outcomes = await Promise.all([...held, third]);
    const pids = outcomes.map((one) => (one.kind === 'answered' ? one.result : one.error));
    assert.equal(new Set(pids).size, 2);
    assert.notEqual(pids[0], pids[1]);
  });

  it('replaces an instance that exceeds its time limit or exits', async () => {
    await using deployed = await deploy({ timeoutSeconds: 5 });
    const first = await deployed.lambda.invoke({ do: 'tell-pid' });
    const late = await deployed.lambda.invoke({ do: 'hang' });
    assert.ok(late.kind === 'failed' && late.error.errorType === 'Sandbox.Timedout');
    const second = await deployed.lambda.invoke({ do: 'tell-pid' });
    assert.ok(second.kind === 'answered');
    assert.notDeepEqual(second, first);
    const gone = await deployed.lambda.invoke({ do: 'exit' });
    assert.ok(gone.kind === 'failed' && gone.error.errorType === 'Runtime.ExitError');
    assert.equal((await deployed.lambda.invoke({ do: 'tell-pid' })).kind, 'answered');
  });

  it('accepts answers of 6 MB at most', async () => {
    await using deployed = await deploy();
    const { kind } = await deployed.lambda.invoke({ do: 'fill', bytes: 6_291_554 });
    assert.equal(kind, 'answered');
    const more = await deployed.lambda.invoke({ do: 'fill', bytes: 6_291_555 });
    assert.ok(more.kind === 'failed' && more.error.errorType === 'Function.ResponseSizeTooLarge');
  });

  it('freezes an instance after its answer, and thaws it for the next event', async () => {
    await using deployed = await deploy({ freezesAtRest: true });
    const first = await deployed.lambda.invoke({ do: 'tell-pid' });
    const [instance] = deployed.lambda.instances();
    assert.ok(instance);
    while (!(await isStopped(instance.pid))) await wait(5);
    instance.thaw();
    while (await isStopped(instance.pid)) await wait(5);
    instance.freeze();
    while (!(await isStopped(instance.pid))) await wait(5);
    assert.deepEqual(await deployed.lambda.invoke({ do: 'tell-pid' }), first);
  });

  it('reports the error of a function that fails during init', async () => {
    await using deployed = await deploy();
    const environment = { FAILS_TO_START: '' };
    const options = { folder: deployed.folder, environment, timeoutSeconds: 5, freezesAtRest: false };
    await assert.rejects(startInstance(options), /^Error: TypeError: no such table$/);
  });
});

describe('the stand-in for an HTTP API', ON_LINUX, () => {
  it('converts requests to events, and results to responses', async () => {
    await using deployed = await deploy();
    await using gateway = await startGateway(deployed.lambda);
    const asked = request(`${gateway.url}/a%20b/%2f?x=1&x=%20`, {
      method: 'POST',
      headers: { 'X-Twice': ['1', '2'], Cookie: 'c=3; d=4', 'Content-Type': 'image/png' },
    }).end(Buffer.from([0, 255]));
    const answered = await new Promise<IncomingMessage>((resolve) => asked.on('response', resolve));
    const event = JSON.parse(await text(answered)) as Record<string, unknown>;
    const { headers, requestContext, ...rest } = event;
    assert.deepEqual(rest, {
      version: '2.0',
      routeKey: '$default',
      rawPath: '/a b/%2f',
      rawQueryString: 'x=1&x=%20',
      cookies: ['c=3', 'd=4'],
      body: 'AP8=',
      isBase64Encoded: true,
    });
    assert.equal(Object(headers)['x-twice'], '1,2');
    assert.deepEqual(Object(requestContext).http.method, 'POST');
    assert.deepEqual(
      [answered.statusCode, answered.headers['x-answer'], answered.headers['set-cookie']],
      [201, 'a', ['a=1; Secure', 'b=2']],
    );
  });

  it('refuses a body over the limit of an event with 413, and answers 500 if the function fails', async () => {
    await using deployed = await deploy();
    await using gateway = await startGateway(deployed.lambda);
    const send = (body: Uint8Array<ArrayBuffer>) => fetch(gateway.url, { method: 'POST', body });
    assert.equal((await send(new Uint8Array(4_800_000))).status, 413);
    assert.equal((await send(new Uint8Array(4_000_000))).status, 500); // it repeats the body, encoded twice
  });
});
