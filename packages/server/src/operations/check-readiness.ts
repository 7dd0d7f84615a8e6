import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../domain/errors.ts';
import type { Services } from '../services.ts';

/** A part that takes longer to write a few bytes is of no use to a request either. */
const PATIENCE_SECONDS = 5;

/** Whether requests can be served: each part is written to. Errors: `unavailable`, naming each part that fails and why. */
export async function checkReadiness({ images, objects }: Pick<Services, 'images' | 'objects'>): Promise<void> {
  const parts = { records: images.check(), objects: objects.check() };
  const failures = await Promise.all(
    Object.entries(parts).map(async ([part, check]) => ({ pointer: `/parts/${part}`, detail: await failureOf(check) })),
  );
  const errors = failures.flatMap(({ pointer, detail }) => (detail === undefined ? [] : [{ pointer, detail }]));
  if (errors.length === 0) return;
  const detail = errors.map((error) => `${error.pointer.slice('/parts/'.length)}: ${error.detail}`).join('; ');
  throw new AppError('unavailable', detail, { errors });
}

async function failureOf(check: Promise<void>): Promise<string | undefined> {
  const patience = new AbortController();
  const late = delay(PATIENCE_SECONDS * 1000, `expected an answer within ${PATIENCE_SECONDS} s; none came`, {
    signal: patience.signal,
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([check.then(() => undefined), late]);
  } catch (error) {
    return error instanceof AppError ? error.detail : 'it failed, see the log';
  } finally {
    patience.abort();
  }
}
