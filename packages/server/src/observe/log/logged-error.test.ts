import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { describe, it } from 'node:test';
import { HeadBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { pino } from 'pino';
import { AppError } from '../../domain/errors.ts';
import { loggedError } from './logged-error.ts';

/** The line that a logger writes for it. */
function lineOf(error: unknown): string {
  const lines: string[] = [];
  const logger = pino({ serializers: { err: loggedError } }, { write: (line: string) => void lines.push(line) });
  logger.error({ err: error }, 'failed');
  return lines.join('');
}

const errorOf = (line: string) => (JSON.parse(line) as { err: Record<string, unknown> }).err;

const thrownBy = async (work: () => unknown): Promise<unknown> => {
  try {
    await work();
  } catch (error) {
    return error;
  }
  return assert.fail('expected an error');
};

const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;

describe('an error in the log', () => {
  it('has its type, message, code, stack and causes', () => {
    const cause = Object.assign(new Error('no file'), { code: 'ENOENT', syscall: 'open', errno: -2 });
    const error = errorOf(lineOf(new AppError('unavailable', 'expected the file', { cause })));
    assert.deepEqual(
      { ...error, stack: typeof error['stack'], cause: { ...(error['cause'] as object), stack: 'string' } },
      {
        type: 'AppError',
        message: 'unavailable: expected the file',
        code: 'unavailable',
        stack: 'string',
        cause: { type: 'Error', message: 'no file', code: 'ENOENT', syscall: 'open', errno: -2, stack: 'string' },
      },
    );
    assert.match(String(error['stack']), /at .*logged-error\.test/);
  });

  it('omits an unparsable URL, which Node keeps in a field', async () => {
    const error = await thrownBy(() => new URL('//host/path?X-Amz-Signature=abcdef', 'nowhere:'));
    assert.match(JSON.stringify(error), /abcdef/);
    assert.doesNotMatch(lineOf(error), /abcdef/);
  });

  it('omits an unparsable packet', async () => {
    await using server = createTcpServer((socket) =>
      socket.resume().end('HTTP/1.1 200 OK\r\nnonsense sig=abcdef\r\n\r\n'),
    );
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const [error] = (await once(get({ port: portOf(server), host: '127.0.0.1' }), 'error')) as [Error];
    assert.ok('rawPacket' in error);
    assert.doesNotMatch(lineOf(error), /rawPacket|abcdef/);
  });

  it('omits a store’s statements about keys and signatures, except its code and request id', async () => {
    const said =
      '<Error><Code>SignatureDoesNotMatch</Code><Message>Not that of GET /b/k?X-Amz-Signature=abcdef&amp;X-Amz-Date=1</Message>' +
      '<StringToSign>AWS4 abcdef</StringToSign><SignatureProvided>abcdef</SignatureProvided></Error>';
    await using server = createServer((_, outgoing) =>
      outgoing.writeHead(403, { 'x-amz-request-id': 'request-7', Connection: 'close' }).end(said),
    );
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const client = new S3Client({
      endpoint: `http://127.0.0.1:${portOf(server)}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      forcePathStyle: true,
      maxAttempts: 1,
    });
    const cause = await thrownBy(() => client.send(new ListObjectsV2Command({ Bucket: 'b' })));
    assert.match(JSON.stringify(cause), /abcdef/);
    const line = lineOf(new AppError('unavailable', 'expected the store to answer', { cause }));
    assert.doesNotMatch(line, /abcdef|\?/);
    assert.match(line, /SignatureDoesNotMatch/);
    assert.match(line, /Not that of GET \/b\/k/);
    assert.match(line, /"httpStatusCode":403,"requestId":"request-7"/);
    const headless = await thrownBy(() => client.send(new HeadBucketCommand({ Bucket: 'b' })));
    assert.match(lineOf(headless), /"httpStatusCode":403/);
  });

  it('omits queries, passwords and signatures in its message and stack', () => {
    const secrets = [
      'https://key:abcdef@host/path',
      '/objects/b/k?X-Amz-Signature=abcdef&x=abcdef',
      'Credential=abcdef/1/s3, SignedHeaders=host, Signature=abcdef',
      'x-amz-security-token=abcdef',
      '"sig=abcdef"',
      'X-Amz-Signature: abcdef',
      'x-amz-security-token: abcdef',
      'Authorization: Bearer abcdef',
      '{"sig":"abcdef"}',
      '{"password" : "abc abcdef"}',
      String.raw`{\"signature\":\"abcdef\"}`,
      '/objects/b/k%3FX-Amz-Signature%3Dabcdef',
      '/objects/b/k%253Fsig%253Dabcdef',
      'X-Amz-Signature%3Dabcdef',
      'policy=abcdef',
      'https://us/er:abcdef@host/path',
      'https://key:ab@abcdef@host',
      'https://abcdef@host',
      'SECRET_KEY=abcdef',
      'AWS_SECRET_ACCESS_KEY = abcdef',
      'session_token=abcdef',
    ];
    for (const secret of secrets) {
      const line = lineOf(new Error(`expected ${secret} to be good`));
      assert.doesNotMatch(line, /abcdef/);
      assert.match(line, /to be good/);
    }
  });

  it('is bounded, also if its causes form a cycle', () => {
    const endless = new Error(`${'//'.repeat(50_000)}${'?'.repeat(100_000)}`);
    endless.cause = endless;
    assert.ok(lineOf(endless).length < 60_000);
    const several = new AggregateError(
      Array.from({ length: 1_000 }, (_, index) => new Error(`no ${index}`)),
      'all failed',
    );
    assert.match(lineOf(several), /no 0/);
    assert.ok(lineOf(several).length < 60_000);
  });

  it('keeps the locations in its stack, for any characters in the path of a package', () => {
    const error = Object.assign(new Error('no'), { stack: 'at file:///app/node_modules/@a/b@1.2/c.js:12:3' });
    assert.match(lineOf(error), /at file:\/\/\/app\/node_modules\/@a\/b@1\.2\/c\.js:12:3/);
    assert.match(lineOf(new Error('SECRET_KEY_FILE: expected a file')), /SECRET_KEY_FILE: expected a file/);
  });

  it('may have a message of any type', () => {
    for (const odd of [7, null, Symbol('s'), { url: '?abcdef' }, Object.create(null), ['?abcdef']])
      for (const field of ['message', 'stack', 'name', 'constructor', 'errors', 'code']) {
        const error = Object.defineProperty(new AggregateError([], 'failed'), field, { value: odd });
        const line = lineOf(error);
        assert.match(line, /"err":\{"type":/, field);
        assert.doesNotMatch(line, /abcdef/, field);
      }
  });

  it('may be any thrown value', () => {
    for (const thrown of [null, undefined, 7, 'text?sig=abcdef', Symbol('s'), { url: '?abcdef' }, Object.create(null)])
      assert.doesNotMatch(lineOf(thrown), /abcdef/);
  });
});
