import assert from 'node:assert/strict';
import { it } from 'node:test';
import { eventually } from '../../../../../test/acceptance/eventually.ts';
import { differences, tallyOfClient, tallyOfService } from '../../telemetry/agreement.ts';
import type { CountingFront, Told } from '../../telemetry/counting-front.ts';
import { type Sample, scrape } from '../../telemetry/prometheus-text.ts';
import { unlistedLabels } from './labels.ts';

export const scrapeAll = async (metrics: readonly string[]): Promise<Sample[]> =>
  (await Promise.all(metrics.map(scrape))).flat();

export interface Counted {
  /** Gets the codes that clients were told. */
  readonly codes: Set<string>;
  /** What clients sent, of which no label may tell. */
  readonly words: readonly string[];
  /** The names of the gates. */
  readonly gates?: readonly string[];
}

/** The last cases: what the service counted is what clients were told, and no label is theirs. */
export function describeCounts(
  front: CountingFront,
  metrics: readonly string[],
  { codes, words, gates = [] }: Counted,
): void {
  it('the counts of requests are what clients were told, by method, route, status, code and outcome', async () => {
    for (const { code } of front.told) if (code !== undefined) codes.add(code);
    await eventually(async () => {
      assert.equal(front.open(), 0);
      assert.deepEqual(differences(tallyOfClient(front.told), tallyOfService(await scrapeAll(metrics))), []);
    });
  });

  it('each label has a value of a closed set, and none of a request', async () => {
    const samples = await scrapeAll(metrics);
    assert.deepEqual(unlistedLabels(samples, gates), []);
    const values = new Set(samples.flatMap(({ labels }) => Object.values(labels)));
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
