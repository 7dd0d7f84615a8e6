import type { Access } from '../../domain/access/policy.ts';
import { AppError } from '../../domain/errors.ts';
import { untilLate } from '../../flow/until-late.ts';
import { type LinkToRenderInput, linkToRender, type RenderLink } from './link-to-render.ts';

/** One requested link, or the error in its request. */
export type LinkRequest = LinkToRenderInput | { readonly error: AppError };
export type LinkResult = RenderLink | { readonly error: AppError };

/** Records looked up at once. */
const AT_ONCE = 50;

/** Makes each link independently: an error of one doesn't affect the others. */
export async function linkToRenders(
  services: Parameters<typeof linkToRender>[0],
  access: Access,
  requests: readonly LinkRequest[],
): Promise<LinkResult[]> {
  const link = async (request: LinkRequest): Promise<LinkResult> => {
    if ('error' in request) return request;
    try {
      return await linkToRender(services, access, request);
    } catch (error) {
      if (error instanceof AppError) return { error };
      throw error;
    }
  };
  return untilLate(services, requests, { width: AT_ONCE, work: link, late: (error) => ({ error }) });
}
