import { READER } from '../../domain/facts/facts.ts';
import type { FactsReading } from '../../domain/facts/reading.ts';
import { readReading, writeFactsRequest } from '../../records/coordination/facts-bookmarks.ts';
import type { Services } from '../../services.ts';

/**
 * Has workers read the facts of all published images that this version's reader hasn't read. While they do so, that is
 * the answer. Errors: those of coordination.
 */
export async function requestFacts({
  coordination,
  clock,
  newId,
}: Pick<Services, 'coordination' | 'newId'> & {
  readonly clock: Pick<Services['clock'], 'now'>;
}): Promise<FactsReading> {
  const current = await readReading(coordination);
  if (current && !current.walk?.doneAt && current.request.reader >= READER) return current;
  const request = { id: newId(), askedAt: clock.now(), reader: READER };
  await writeFactsRequest(coordination, request);
  return { request, walk: null };
}
