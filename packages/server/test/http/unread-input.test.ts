import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type RunningService, startService } from '../services/running-service.ts';
import { connectTo, lines, statuses } from './raw-connection.ts';

const ABSENT = '/images/019a0000-0000-7000-8000-000000000000';

/** In a form that no `fetch` would send. */
describe('with a credential, a body that the operation does not read', () => {
  let service: RunningService;
  let authorization: string;
  before(async () => {
    service = await startService({ AUTH: 'api-key', LOG_LEVEL: 'silent' });
    authorization = `Authorization: Bearer ${(await readFile(join(service.folder, 'data/admin-key'), 'utf8')).trim()}`;
  });
  after(() => service[Symbol.asyncDispose]());

  const chunked = (body: string): string =>
    `${body === '' ? '' : `${body.length.toString(16)}\r\n${body}\r\n`}0\r\n\r\n`;

  /** The answer to a request, which isn't ended. */
  async function ask(request: string, { headers, body }: { readonly headers: string[]; readonly body: string }) {
    await using connection = await connectTo(service.origin);
    connection.socket.write(lines(`${request} HTTP/1.1`, 'Host: localhost', authorization, ...headers) + body);
    const answer = await connection.until((received) => /\r\n\r\n\{.*\}/s.test(received));
    const [status] = statuses(answer);
    return { status, text: answer };
  }

  const CHUNKED = ['Transfer-Encoding: chunked'];
  for (const [name, request, headers, body] of [
    ['in chunks', `DELETE ${ABSENT}`, CHUNKED, chunked('{"user_id":null}')],
    ['of one byte in chunks', `DELETE ${ABSENT}`, CHUNKED, chunked('x')],
    ['in chunks, without an end', `DELETE ${ABSENT}`, CHUNKED, '3\r\n{"u\r\n'],
    ['of a GET', `GET ${ABSENT}/metadata`, ['Content-Length: 16'], '{"user_id":null}'],
    ['of a GET of a preset', `GET ${ABSENT}/renditions/thumb`, ['Content-Length: 16'], '{"user_id":null}'],
    ['that is announced and does not come', `POST ${ABSENT}/trash`, ['Content-Length: 9999999999'], ''],
    ['that waits for 100', `POST ${ABSENT}/trash`, ['Content-Length: 3', 'Expect: 100-continue'], ''],
    ['of two other bytes', `POST ${ABSENT}/trash`, ['Content-Length: 2'], '[]'],
    ['with a type of its own', `POST ${ABSENT}/trash`, ['Content-Type: ;', 'Content-Length: 4'], 'a=b&'],
  ] as const)
    it(`is refused at once: ${name}`, async () => {
      const { status, text } = await ask(request, { headers: [...headers], body });
      assert.equal(status, 400, text);
      assert.match(text, /"code":"invalid-request"/);
      const [, length] = /^Content-Length: (\d{2,}|[3-9])$/m.exec(headers.join('\n')) ?? [];
      assert.ok(text.includes(`"detail":"body: expected none; got ${length ? `${length} bytes` : 'one'}: `), text);
    });

  for (const [name, request, headers, body, expected] of [
    ['zero bytes in chunks', `DELETE ${ABSENT}`, CHUNKED, chunked(''), 404],
    ['{} in chunks', `DELETE ${ABSENT}`, CHUNKED, chunked('{}'), 404],
    ['{} with its length', `DELETE ${ABSENT}`, ['Content-Length: 2'], '{}', 404],
    ['a body of a public operation', 'GET /health', ['Content-Length: 16'], '{"user_id":null}', 200],
  ] as const)
    it(`is none, or read by nobody: ${name}`, async () => {
      const { status, text } = await ask(request, { headers: [...headers], body });
      assert.equal(status, expected, text);
    });

  it('is consumed if it is {}: the next request on the connection is answered', async () => {
    await using connection = await connectTo(service.origin);
    const first = lines(`DELETE ${ABSENT} HTTP/1.1`, 'Host: localhost', authorization, ...CHUNKED) + chunked('{}');
    connection.socket.write(first + lines('GET /health HTTP/1.1', 'Host: localhost'));
    assert.deepEqual(statuses(await connection.until((received) => statuses(received).length === 2)), [404, 200]);
  });
});
