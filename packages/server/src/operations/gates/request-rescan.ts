import { invalidField } from '../../domain/errors.ts';
import { isDone, type Rescan, type RescanRequest } from '../../domain/image/rescan.ts';
import type { Services } from '../../services.ts';
import { readRescan, writeRequest } from './rescan-bookmarks.ts';

export interface RequestRescanInput {
  readonly gate: string;
  /** Images are looked at that the gate hasn't seen since; undefined: now. */
  readonly before: Date | undefined;
}

/**
 * Has a gate look again at the images that are served or in the trash; a worker does it. While one for the same time or
 * a later one waits or runs, that one is the answer; an earlier one is replaced, and begins anew. Errors:
 * `invalid-request`, those of the repository.
 */
export async function requestRescan(
  services: Pick<Services, 'gates' | 'coordination' | 'clock' | 'newId' | 'observe'>,
  { gate, before: asked }: RequestRescanInput,
): Promise<Rescan> {
  const names = services.gates.map(({ name }) => name);
  if (!names.includes(gate)) {
    const expected = names.length === 0 ? 'a service with gates' : `one of ${names.join(', ')}`;
    throw invalidField('/gate', `expected ${expected}; got ${JSON.stringify(gate)}`);
  }
  const now = services.clock.now();
  const before = asked ?? now;
  if (before > now) {
    const got = before.toISOString();
    throw invalidField('/before', `expected a time that is not in the future; got ${got}`);
  }
  const current = await readRescan(services, gate);
  if (current && !isDone(current) && current.request.before >= before) return current;
  const request: RescanRequest = { id: services.newId(), askedAt: now, before };
  await writeRequest(services, gate, request);
  services.observe({ event: 'rescan-asked', gate, before });
  return { request, walk: null };
}
