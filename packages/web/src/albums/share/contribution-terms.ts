import type { AlbumLink } from '@safelight/client';
import { numberText } from '../../ui/formats.ts';

/** What guests may add, as a form has it. */
export interface ContributionTerms {
  readonly mayAdd: boolean;
  /** As it is typed; empty: any number. */
  readonly most: string;
  readonly approve: boolean;
}

/** As the service has it. */
const MOST_IMAGES = 10_000;

/** Where guests add nothing yet. */
export const NO_CONTRIBUTIONS: ContributionTerms = { mayAdd: false, most: '500', approve: false };

export const contributionTermsOf = ({ allow, max_images: most, approve }: AlbumLink): ContributionTerms =>
  allow.includes('contribute') ? { mayAdd: true, most: String(most ?? ''), approve } : NO_CONTRIBUTIONS;

/** Why a link can't have these terms; undefined: it can. */
export function contributionProblem({ mayAdd, most }: ContributionTerms): string | undefined {
  const number = mostOf(most);
  if (!mayAdd || number === null || (Number.isInteger(number) && number >= 1 && number <= MOST_IMAGES))
    return undefined;
  return `Type a number from 1 to ${numberText(MOST_IMAGES)}, or nothing for any number.`;
}

/** null: any number. */
export const mostOf = (most: string): number | null => (most.trim() === '' ? null : Number(most));
