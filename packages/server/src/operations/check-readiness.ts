import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../domain/errors.ts';
import type { FailingPart } from '../domain/failing-part.ts';
import type { Services } from '../services.ts';

/** A part that takes longer to write a few bytes is of no use to a request either. */
const PATIENCE_SECONDS = 5;

/**
 * Whether requests can be served: each part is written to, once a second however many ask, since anybody may. Errors: `unavailable`,
 * naming the parts that fail; why they do is for the log alone.
 */
export async function checkReadiness(services: Pick<Services, 'images' | 'objects' | 'readiness'>): Promise<void> {
  const failing = await services.readiness.once('parts', () => check(services));
  if (failing.length === 0) return;
  const names = failing.map(({ part }) => part);
  throw new AppError('unavailable', `expected all parts to work; got a failure of ${names.join(' and ')}`, {
    errors: names.map((part) => ({ pointer: `/parts/${part}`, detail: 'It fails: the log says why' })),
    cause: failing.length === 1 ? failing[0]?.cause : new AggregateError(failing.map(({ cause }) => cause)),
  });
}

async function check({ images, objects }: Pick<Services, 'images' | 'objects'>): Promise<readonly FailingPart[]> {
  const checks = [failureOf('records', images.check()), failureOf('objects', objects.check())];
  return (await Promise.all(checks)).filter((failing) => failing !== undefined);
}

async function failureOf(part: FailingPart['part'], check: Promise<void>): Promise<FailingPart | undefined> {
  const patience = new AbortController();
  const late = delay(PATIENCE_SECONDS * 1000, undefined, { signal: patience.signal }).then(() => {
    throw new Error(`expected an answer within ${PATIENCE_SECONDS} s; none came`);
  });
  late.catch(() => undefined);
  try {
    await Promise.race([check, late]);
    return undefined;
  } catch (cause) {
    return { part, cause };
  } finally {
    patience.abort();
  }
}
