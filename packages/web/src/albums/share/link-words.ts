import type { AlbumLink } from '@safelight/client';

/** What a link allows, and what it asks for: `Look and download, with a password`. */
export function linkWords({ allow, originals, has_password, card }: AlbumLink): string {
  const more = [
    ...(allow.includes('download') && originals ? ['also originals'] : []),
    ...(has_password ? ['with a password'] : []),
    ...(card ? ['with a preview'] : []),
  ];
  return [allow.includes('download') ? 'Look and download' : 'Look only', ...more].join(', ');
}
