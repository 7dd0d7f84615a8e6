import { AppError } from '../domain/errors.ts';
import type { Principal } from '../domain/principal.ts';
import { type LinkToRenderInput, linkToRender, type RenderLink } from './link-to-render.ts';

/** One link that is asked for, or what is wrong with the asking. */
export type LinkRequest = LinkToRenderInput | { readonly error: AppError };
export type LinkResult = RenderLink | { readonly error: AppError };

/** At a time: records are looked up by as many. */
const BATCH = 50;

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
  const results: LinkResult[] = [];
  for (let start = 0; start < requests.length; start += BATCH) {
    results.push(...(await Promise.all(requests.slice(start, start + BATCH).map(link))));
  }
  return results;
}
