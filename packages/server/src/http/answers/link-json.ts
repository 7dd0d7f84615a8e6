import type { SignedLink } from '../../domain/access/signed-url.ts';
import type { Services } from '../../services.ts';

/** A link with its URL, by which anyone may open it. */
export const linkJson = ({ shareLinks }: Pick<Services, 'shareLinks'>, origin: string, signed: SignedLink) => {
  const { id, preset, createdAt, expiresAt } = signed.link;
  return {
    link_id: id,
    url: `${origin}/images/${signed.image.id}/links/${id}?${shareLinks.queryFor(signed, expiresAt)}`,
    what: preset === null ? 'original' : 'preset',
    preset,
    created_at: createdAt.toISOString(),
    expires_at: expiresAt.toISOString(),
  };
};
