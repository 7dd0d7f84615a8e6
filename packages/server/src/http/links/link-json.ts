import type { SignedLink } from '../../domain/access/signed-url.ts';
import type { Services } from '../../services.ts';
import { isoTime } from '../answers/iso-time.ts';

/** A share link with its signed URL, which anyone may open. */
export const shareLinkJson = ({ shareLinks }: Pick<Services, 'shareLinks'>, origin: string, signed: SignedLink) => {
  const { id, preset, createdAt, expiresAt } = signed.link;
  const query = shareLinks.queryFor(signed, expiresAt);
  return {
    link_id: id,
    url: `${origin}/images/${signed.image.id}/links/${id}?${query}`,
    page_url: `${origin}/s/${signed.image.id}/${id}?${query}`,
    what: preset === null ? 'original' : 'preset',
    preset,
    created_at: isoTime(createdAt),
    expires_at: isoTime(expiresAt),
  };
};
