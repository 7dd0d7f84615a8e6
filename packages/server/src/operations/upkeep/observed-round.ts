import type { SweepPart } from '../../observe/observer/observer.ts';
import type { Services } from '../../services.ts';

/** Runs `round` and emits `sweep-done` when it ends. The caller emits the failure of a round. */
export const observedRound =
  <Needed, Options>(part: SweepPart, round: (services: Needed, options: Options) => Promise<void>) =>
  async (services: Needed & Pick<Services, 'clock' | 'observe'>, options: Options): Promise<void> => {
    const { clock, observe } = services;
    const startMs = clock.elapsedMs();
    await round(services, options);
    observe({ event: 'sweep-done', part, elapsedMs: clock.elapsedMs() - startMs });
  };
