import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { it } from 'node:test';
import { type Api, newUser } from '../../../../../test/acceptance/api.ts';
import { eventually } from '../../../../../test/acceptance/eventually.ts';
import { PASSED } from '../../../../../test/acceptance/gate.ts';
import { pictureOfSize } from '../../../../../test/acceptance/pictures.ts';
import type { CountingFront } from '../../telemetry/counting-front.ts';
import { sumOf } from '../../telemetry/prometheus-text.ts';
import { scrapeAll } from './counts.ts';
import { beginTo } from './requests.ts';

/** The number of requests of each kind. */
const TIMES = 8;
/** More than all buffers between the service and its client. */
const LARGE_BYTES = 45_000_000;

const left = (front: CountingFront): number => front.told.filter(({ isWhole }) => !isWhole).length;

export interface AbortOptions {
  readonly front: CountingFront;
  readonly metrics: readonly string[];
  readonly headers: Record<string, string>;
}

/** Clients that leave: while they wait, while they send, and while they are sent to. */
export function describeAborts(api: Api, { front, metrics, headers }: AbortOptions): void {
  /** Each of them leaves after `isUnderWay`. */
  async function leave(asked: readonly ClientRequest[], isUnderWay: () => Promise<void>): Promise<void> {
    const before = left(front);
    await isUnderWay();
    for (const one of asked) one.destroy();
    await eventually(async () => assert.equal(left(front) - before, asked.length));
  }
  const begin = (path: string, method = 'GET', own: Record<string, string> = {}): ClientRequest =>
    beginTo(front.url, { path, method, headers: { ...headers, ...own } });
  const many = (make: () => ClientRequest): ClientRequest[] => Array.from({ length: TIMES }, make);

  it('leave while they wait for an image', async () => {
    const { image_id } = await api.grant({ user_id: newUser() });
    const waiting = many(() => begin(`/images/${image_id}/metadata?wait=20`));
    for (const one of waiting) one.end();
    await leave(waiting, () =>
      eventually(async () =>
        assert.ok(sumOf(await scrapeAll(metrics), 'http_server_active_requests') >= waiting.length),
      ),
    );
  });

  it('leave in the middle of an upload', async () => {
    const user_id = newUser();
    const part = { 'Content-Length': '100000', Expect: '100-continue', 'Content-Type': 'image/png' };
    const { upload_url, headers: own } = await api.grant({ user_id });
    const isOurs = upload_url.startsWith(front.url);
    const sending = [
      ...many(() => begin(`/images/upload?user_id=${user_id}`, 'POST', part)),
      ...(isOurs ? many(() => beginTo(upload_url, { path: '', method: 'PUT', headers: { ...part, ...own } })) : []),
    ];
    for (const one of sending) one.flushHeaders();
    await leave(sending, async () => {
      await Promise.all(sending.map((one) => once(one, 'continue')));
      for (const one of sending) one.write('x'.repeat(1_000));
    });
  });

  it('leave in the middle of an answer', async () => {
    const user = newUser();
    const { image_id } = await api.upload(user, await pictureOfSize(LARGE_BYTES), { tags: [PASSED] });
    const reading = many(() => begin(`/images/${image_id}?user_id=${user}`));
    await leave(reading, async () => {
      for (const one of reading) one.end();
      const answers = (await Promise.all(reading.map((one) => once(one, 'response')))) as [IncomingMessage][];
      for (const [{ statusCode }] of answers) assert.equal(statusCode, 200);
      await Promise.all(answers.map(([incoming]) => once(incoming, 'readable')));
    });
  });
}
