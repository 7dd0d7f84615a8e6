import type { Client } from '../../domain/access/client.ts';
import type { ReadyImage } from '../../domain/image/image.ts';
import type { StoredRendition } from '../../domain/rendition/rendition.ts';
import type { RenderServices } from './make-renditions.ts';
import { renderImage } from './render-image.ts';
import type { AskedRendition, RenditionPlans } from './rendition-plans.ts';

/** After a longer wait for a rendition the caller is judged again: its URL may have been revoked. */
const READMIT_AFTER_MS = 1_000;

export interface FoundForCaller {
  readonly rendition: StoredRendition;
  /** Whether the caller must be judged again before it gets the bytes. */
  readonly tookLong: boolean;
}

/** Plans the rendition, and finds or makes it. Errors: those of `planOf` and `renderImage`. */
export async function findRendition(
  services: RenderServices & RenditionPlans,
  asked: AskedRendition<ReadyImage>,
  client: Client,
): Promise<FoundForCaller> {
  const planned = await services.planOf(asked);
  const startMs = services.clock.elapsedMs();
  const rendition = await renderImage(services, asked.image, planned, client);
  return { rendition, tookLong: services.clock.elapsedMs() - startMs > READMIT_AFTER_MS };
}
