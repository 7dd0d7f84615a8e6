import type { SignedLink } from '../../domain/access/signed-url.ts';
import type { Services } from '../../services.ts';
import { isoTime } from '../answers/iso-time.ts';

/** A share link with its signed URL, which anyone may open. */
export const shareLinkJson = ({ shareLinks }: Pick<Services, 'shareLinks'>, origin: string, signed: SignedLink) => {
  const { id, preset, createdAt, expiresAt } = signed.link;
  return {
    link_id: id,
    url: `${origin}/images/${signed.image.id}/links/${id}?${shareLinks.queryFor(signed, expiresAt)}`,
    what: preset === null ? 'original' : 'preset',
    preset,
    created_at: isoTime(createdAt),
    expires_at: isoTime(expiresAt),
  };
};
