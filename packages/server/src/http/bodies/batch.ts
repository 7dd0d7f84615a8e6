import type { Services } from '../../services.ts';
import type { RouteContext } from '../route.ts';
import { readLargeJson } from './large-json.ts';

/** A hundred grants with the longest fields; a thousand ids take a fiftieth of it. */
const LIMITS = { maxBytes: 4 * 1_048_576, maxValues: 250_000 };

/** The JSON of a batch, not yet parsed. */
export async function readBatch(c: RouteContext, services: Pick<Services, 'staging'>): Promise<unknown> {
  using read = await readLargeJson(c, services, LIMITS);
  return read.value;
}
