import type { Principal } from '../../domain/access/principal.ts';
import { AppError } from '../../domain/errors.ts';
import { untilLate } from '../../flow/until-late.ts';
import { type LinkToRenderInput, linkToRender, type RenderLink } from './link-to-render.ts';

/** One link that is asked for, or what is wrong with the asking. */
export type LinkRequest = LinkToRenderInput | { readonly error: AppError };
export type LinkResult = RenderLink | { readonly error: AppError };

/** So many records are looked up at a time. */
const AT_ONCE = 50;

/** Links to each on its own: what is wrong with one harms no other. */
export async function linkToRenders(
  services: Parameters<typeof linkToRender>[0],
  principal: Principal,
  requests: readonly LinkRequest[],
): Promise<LinkResult[]> {
  const link = async (request: LinkRequest): Promise<LinkResult> => {
    if ('error' in request) return request;
    try {
      return await linkToRender(services, principal, request);
    } catch (error) {
      if (error instanceof AppError) return { error };
      throw error;
    }
  };
  return untilLate(services, requests, { width: AT_ONCE, work: link, late: (error) => ({ error }) });
}
