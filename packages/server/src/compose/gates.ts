import type { Config } from '../config/config.ts';
import { AppError } from '../domain/errors.ts';
import { createClamdGate } from '../screening/clamd/clamd-gate.ts';
import type { KnownGate } from '../screening/gate.ts';
import { guardGate } from '../screening/guard-gate.ts';

/**
 * The gates of a configuration. Errors: `unavailable` if one can be asked but isn't fit. One that can't be asked yet has images wait until it
 * can: a service that doesn't start serves none of its other images.
 */
export async function openGates(
  { clamd, maxUploadBytes }: Pick<Config, 'clamd' | 'maxUploadBytes'>,
  warn: (sentence: string) => void,
): Promise<readonly KnownGate[]> {
  if (!clamd) return [];
  const { address, ...rules } = clamd;
  const gate = createClamdGate({ address, rules, maxUploadBytes });
  try {
    await gate.prove();
  } catch (error) {
    if (error instanceof AppError && error.reason === 'unfit') throw error;
    const why = error instanceof Error ? error.message : String(error);
    warn(`GATE_CLAMD: expected a daemon that answers; got ${why}. Uploads wait until it does.`);
  }
  return [guardGate(gate)];
}
