import type { Client } from '../../domain/access/client.ts';
import { AppError } from '../../domain/errors.ts';
import type { Services } from '../../services.ts';

const LONGEST_WAIT_MS = 20_000;

/** Hashes a password in its turn, since each takes a core for a while. Errors: `overloaded`; those of `work`. */
export async function inPasswordTurn<Result>(
  { passwordPlaces }: Pick<Services, 'passwordPlaces'>,
  { payer, signal }: Client,
  work: () => Promise<Result>,
): Promise<Result> {
  const late = AbortSignal.timeout(LONGEST_WAIT_MS);
  const turn = passwordPlaces.enter({ payer, signal: AbortSignal.any([signal, late]) });
  using _place = await turn.catch((error: unknown) => {
    throw error === late.reason ? overloaded() : error;
  });
  return await work();
}

const overloaded = (): AppError =>
  new AppError('overloaded', `expected a turn for a password within ${LONGEST_WAIT_MS / 1_000} s; got none`);
