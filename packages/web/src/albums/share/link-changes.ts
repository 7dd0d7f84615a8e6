import type { AlbumLink, AlbumLinkChanges } from '@safelight/client';
import { type ContributionTerms, contributionTermsOf, mostOf } from './contribution-terms.ts';

/** How somebody wants a link to be. */
export interface WantedLink {
  readonly contributions: ContributionTerms;
  /** Seconds from now until its end; undefined: as before. */
  readonly seconds: number | undefined;
  /** null: none any more; undefined: as before. */
  readonly password: string | null | undefined;
}

/** What has to change; undefined: nothing. */
export function linkChanges(link: AlbumLink, wanted: WantedLink): AlbumLinkChanges | undefined {
  const { seconds, password } = wanted;
  const changes: AlbumLinkChanges = {
    ...contributionChanges(link, wanted.contributions),
    ...(seconds !== undefined && { expires_in: seconds }),
    ...(password !== undefined && { password }),
    ...(password && link.card && { card: false }), // a link has only one of both
  };
  return Object.keys(changes).length > 0 ? changes : undefined;
}

/** With the right to add pictures the other terms of it go. */
function contributionChanges(link: AlbumLink, { mayAdd, most, approve }: ContributionTerms): AlbumLinkChanges {
  const { allow } = link;
  const had = contributionTermsOf(link);
  if (!mayAdd) return had.mayAdd ? { allow: allow.filter((right) => right !== 'contribute') } : {};
  return {
    ...(!had.mayAdd && { allow: [...allow, 'contribute'] }),
    ...((!had.mayAdd || mostOf(most) !== link.max_images) && { max_images: mostOf(most) }),
    ...(approve !== link.approve && { approve }),
  };
}
