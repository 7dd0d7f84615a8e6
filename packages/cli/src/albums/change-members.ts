import { type AlbumResults, SafelightError } from '@safelight/client';
import { answerOf } from '../answer-of.ts';
import type { Invocation } from '../invocation.ts';

/** Less than any rate limit of a minute counts. */
export const MEMBERS_AT_ONCE = 100;

export interface MemberResult {
  readonly imageId: string;
  readonly status: 'added' | 'removed' | 'unchanged';
}

export interface FailedMember {
  readonly imageId: string;
  readonly error: SafelightError;
}

/** Adds images to an album or takes them out, up to `MEMBERS_AT_ONCE`. A result each. */
export async function changeMembers(
  { client }: Pick<Invocation, 'client'>,
  albumId: string,
  { change, imageIds }: { readonly change: 'add' | 'remove'; readonly imageIds: readonly string[] },
): Promise<readonly (MemberResult | FailedMember)[]> {
  const { albums } = client;
  const answer = await (change === 'add'
    ? albums.addImages(albumId, imageIds)
    : albums.removeImages(albumId, imageIds));
  const { results } = answerOf<AlbumResults>(answer, { results: [{ image_id: 'text' }] });
  return results.map(({ image_id: imageId, status, error }) => {
    if (error === undefined) return { imageId, status: status === 'moved' ? 'unchanged' : (status ?? 'unchanged') };
    const { code, detail, params, status: http, request_id: requestId } = error;
    return { imageId, error: new SafelightError(code, detail, { params, status: http, requestId }) };
  });
}
