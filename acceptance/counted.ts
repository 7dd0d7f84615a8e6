import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { PROBLEMS } from '../packages/server/src/http/problem.ts';
import { arbitraryRequest } from '../packages/server/test/chance/arbitrary-requests.ts';
import { differences, tallyOfClient, tallyOfService } from '../packages/server/test/telemetry/agreement.ts';
import type { CountingFront, Told } from '../packages/server/test/telemetry/counting-front.ts';
import { type Sample, scrape } from '../packages/server/test/telemetry/prometheus-text.ts';
import { eventually } from './eventually.ts';

/** Codes that no client causes: faults of the service, or of a service that is set up in another way. */
const NOT_BY_CLIENTS = new Set([
  'processing-failed',
  'rendition-failed',
  'overloaded',
  'internal',
  'decoder-failed',
  'unavailable',
  'insufficient-storage',
  'content-mismatch', // a store refuses such bytes by a code of its own
  'body-interrupted', // whoever causes it has left: aborted
]);

/** Codes whose cause takes a service of another configuration, time, or two requests at once: the tests about them cause them. */
const ELSEWHERE = new Set(['origin-secret-required', 'link-expired', 'idempotency-in-progress', 'misdirected-host']);

export const CAUSED_BY_CLIENTS = Object.keys(PROBLEMS).filter(
  (code) => !NOT_BY_CLIENTS.has(code) && !ELSEWHERE.has(code),
);

/** Random paths, users, tags, headers and methods. */
export async function askArbitrarily(origin: string, times: number): Promise<void> {
  const ids = ['01a1f82b-80d8-703c-9c86-1b8ba42038d1'];
  const requests = fc.sample(arbitraryRequest({ idMarks: ids, pictures: [new Uint8Array(100)] }), times);
  for (const { method, target, headers, body } of requests) {
    const sent = body.kind === 'text' ? body.text : body.kind === 'bytes' ? body.bytes : '';
    const init = method === 'GET' || method === 'HEAD' ? { method } : { method, body: sent };
    const answer = await fetch(`${origin}${target}`, {
      ...init,
      headers: headers.map(([name, value]): [string, string] => [name, value]),
      redirect: 'manual',
      signal: AbortSignal.timeout(60_000),
    });
    await answer.arrayBuffer();
  }
}

/** The last cases: what the service counted is what clients were told, and no label is theirs. */
export function describeCounts(
  front: CountingFront,
  metrics: readonly string[],
  { codes, words }: { readonly codes: Set<string>; readonly words: readonly string[] },
): void {
  const scrapeAll = async (): Promise<Sample[]> => (await Promise.all(metrics.map(scrape))).flat();

  it('the counts of requests are what clients were told, by method, route, status and code', async () => {
    for (const { code } of front.told) if (code !== undefined) codes.add(code);
    await eventually(async () => {
      assert.equal(front.open(), 0);
      const whole = tallyOfClient(front.told.filter(({ isWhole }) => isWhole));
      const samples = (await scrapeAll()).filter(({ labels }) => labels['error_type'] !== 'aborted');
      assert.deepEqual(differences(whole, tallyOfService(samples)), []);
    });
  });

  it('no label has a value of a request', async () => {
    const values = new Set((await scrapeAll()).flatMap(({ labels }) => Object.values(labels)));
    const given = [...front.told.flatMap(idsIn), ...words];
    assert.ok(given.length > 0 && values.size > 0);
    assert.deepEqual(
      [...values].filter((value) => given.some((word) => value.includes(word))),
      [],
    );
  });
}

/** What clients named in their paths. */
const idsIn = ({ target }: Told): string[] => target.match(/[0-9a-f]{8}-[0-9a-f-]{27}/g) ?? [];
