import type { KnownGate } from '../../gates/gate.ts';
import type { Services } from '../../services.ts';

/** A gate that takes longer to say that it is there won't scan an image in a request either. */
const PATIENCE_MS = 5_000;

export interface GateState {
  readonly gate: KnownGate;
  /** The error of the gate's last call; null: it succeeded. */
  readonly error: Error | null;
}

/**
 * Each gate with the outcome of its last call. Asks all of them, once in half a minute for any number of callers. Never
 * fails.
 */
export async function checkGates({ gates, probes }: Pick<Services, 'gates' | 'probes'>): Promise<readonly GateState[]> {
  const patience = () => AbortSignal.timeout(PATIENCE_MS);
  if (gates.length > 0)
    await probes.once('gates', async () => {
      await Promise.allSettled(gates.map((gate) => gate.check(patience())));
    });
  return gates.map((gate) => ({ gate, error: gate.lastError() }));
}
