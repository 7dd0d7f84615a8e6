import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { it } from 'node:test';
import { type RunningService, startService } from '../services/running-service.ts';
import { askForParts, type GrantOfParts, PART } from './in-parts.ts';

const CLIENTS = 20;
const SIZE = 100_000_000;
const PART_SIZE = 5 * PART;
/** Half of a browser's connections to one host. */
const AT_ONCE = 3;
const MOST_BYTES = 60_000_000;

const body = new Uint8Array(PART_SIZE).fill(7);

/** The most memory that the process has had, in bytes. */
async function peakOf({ process: { pid } }: RunningService): Promise<number> {
  const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1_024;
}

/** One client: an upload whose parts all arrive. */
async function send({ origin }: RunningService, size: number): Promise<void> {
  const { image_id: id, parts } = await answerOf<GrantOfParts>(
    fetch(`${origin}/uploads`, askForParts(size, { part_size: PART_SIZE })),
  );
  const rest = Array.from({ length: parts.count }, (_, index) => index + 1);
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let number = rest.shift(); number !== undefined; number = rest.shift()) {
        const asked = { method: 'POST', headers: { 'content-type': 'application/json' } };
        const more = { ...asked, body: JSON.stringify({ parts: [{ number }] }) };
        const { parts } = await answerOf<GrantOfParts>(fetch(`${origin}/uploads/${id}/parts`, more));
        const [one] = parts.urls;
        assert.ok(one);
        const sent = { method: 'PUT', body: body.subarray(0, one.size) };
        assert.equal((await fetch(one.url, sent)).status, 200);
      }
    }),
  );
  const { parts: end } = await answerOf<GrantOfParts>(
    fetch(`${origin}/uploads/${id}/parts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    }),
  );
  assert.equal(end.received.length, parts.count);
  assert.equal((await fetch(`${origin}/images/${id}?user_id=ada`, { method: 'DELETE' })).status, 200);
}

async function answerOf<T>(asked: Promise<Response>): Promise<T> {
  const answer = await asked;
  const text = await answer.text();
  assert.ok(answer.ok, text);
  return JSON.parse(text) as T;
}

it('takes little memory of the service while twenty clients send 100 MB each in parts', {
  timeout: 900_000,
}, async (test) => {
  await using service = await startService({ MAX_UPLOAD_BYTES: String(SIZE) });
  await send(service, 2 * PART_SIZE);
  const before = await peakOf(service);
  await Promise.all(Array.from({ length: CLIENTS }, () => send(service, SIZE)));
  const growth = (await peakOf(service)) - before;
  test.diagnostic(`${Math.round(before / 1e6)} MB before, ${Math.round(growth / 1e6)} MB more`);
  assert.ok(growth <= MOST_BYTES, `${growth} bytes more than ${before}`);
});
