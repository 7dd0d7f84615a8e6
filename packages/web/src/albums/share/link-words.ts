import { type AlbumLink, formatName } from '@safelight/client';
import { picturesText } from '../../select/words.ts';
import { sizeText } from '../../ui/formats.ts';

/** What a link allows, and what it asks for: `Look and download, with a password`. */
export function linkWords(link: AlbumLink): string {
  const { allow, originals, has_password, card, max_images, max_bytes, content_types, approve } = link;
  const more = [
    ...(allow.includes('download') && originals ? ['also originals'] : []),
    ...(allow.includes('contribute')
      ? [
          ...(max_images === null ? [] : [`at most ${picturesText(max_images)}`]),
          ...(max_bytes === null ? [] : [`each up to ${sizeText(max_bytes)}`]),
          ...(content_types === null ? [] : [`only ${content_types.map(formatName).join(' or ')}`]),
          ...(approve ? ['you look at each first'] : []),
        ]
      : []),
    ...(has_password ? ['with a password'] : []),
    ...(card ? ['with a preview'] : []),
  ];
  return [rightsOf(allow), ...more].join(', ');
}

function rightsOf(allow: AlbumLink['allow']): string {
  if (!allow.includes('view')) return 'Only add pictures';
  const further = [
    ...(allow.includes('download') ? ['download'] : []),
    ...(allow.includes('contribute') ? ['add pictures'] : []),
  ];
  return further.length === 0 ? 'Look only' : `Look${further.length > 1 ? ', ' : ' and '}${further.join(' and ')}`;
}
