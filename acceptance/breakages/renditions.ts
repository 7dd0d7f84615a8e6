import { breakagesOf } from './breakage.ts';

export const RENDITIONS = [
  ...breakagesOf('http/images/image-json.ts', [
    ['the JSON lists no renditions', 'renditions: ready ? renditionUrls(ready, view) : null', 'renditions: null'],
    ['URLs of renditions have a wrong version', '?v=$', '?v=0$'],
    ['the dominant color is missing', 'published?.dominantColor ?? null', 'null'],
  ]),
  ...breakagesOf('domain/rendition/presets.ts', [
    ['thumb is one pixel too small', "'thumb:w=256&h=256 small", "'thumb:w=255&h=255 small"],
    ['medium bounds the width only', 'medium:w=1024&h=1024', 'medium:w=1024'],
  ]),
  ...breakagesOf('domain/rendition/accepted-formats.ts', [
    ['a wildcard in Accept is taken for AVIF', "named.includes('image/avif')", "/avif|\\*\\/\\*/.test(accept ?? '')"],
    ['a type with q=0 in Accept is sent', 'weight)?.[1] ?? 0) > 0 ?', 'weight)?.[1] ?? 0) >= 0 ?'],
  ]),
  ...breakagesOf('domain/rendition/plan-rendition.ts', [
    ['format=auto makes AVIF of any size', 'accepted.avif && isSmall &&', 'accepted.avif &&'],
    ['format=auto makes animations still', ' && !mayBeAnimated(source)', ''],
  ]),
  ...breakagesOf('imaging/render/shapes.ts', [
    [
      'a GIF becomes JPEG if Accept has neither WebP nor AVIF',
      "IMAGE_FORMATS[contentType].plainRendition === 'png'",
      "contentType === 'image/png'",
    ],
  ]),
  ...breakagesOf('http/answers/rendition-answer.ts', [
    ['Vary never names Accept', "if (isNegotiated) varyBy(c, 'Accept');", ''],
    ['Vary always names Accept', 'if (isNegotiated) varyBy(', 'varyBy('],
    ['Accept overrides an explicit format', 'acceptedFormats(isNegotiated ?', 'acceptedFormats(!isNegotiated ?'],
    ['the filename keeps the extension of the original', "filename.replace(/\\.\\w{1,5}$/, '')", 'filename'],
    [
      'renditions are sent as attachments',
      "contentDisposition('inline', filename)",
      "contentDisposition('attachment', filename)",
    ],
  ]),
  ...breakagesOf('http/answers/shared-picture.ts', [
    [
      'shared caches may keep renditions of presets',
      "IMMUTABLE: Keeping = { by: 'private'",
      "IMMUTABLE: Keeping = { by: 'public'",
    ],
  ]),
  ...breakagesOf('http/renditions/renditions.ts', [
    ['a rendition without its version is immutable in caches', 'isCurrent ? IMMUTABLE : REVALIDATED', 'IMMUTABLE'],
    ['a rendition with any version is immutable in caches', '&& versionFor(image) === version', ''],
    [
      'a download is always an attachment',
      'disposition,\n        filename',
      "disposition: 'attachment',\n        filename",
    ],
  ]),
  ...breakagesOf('operations/renditions/purge-renditions.ts', [
    ["another user's renditions can be purged", 'requireChange(access, image);', ''],
    ['purging one preset purges all', 'keys ? stored.filter(', 'keys ? stored || stored.filter('],
    ['a purge reports success and removes nothing', 'await services.objects.delete(purged);', ''],
    ['a purged rendition is still served from memory', 'await amendImage(services, image.id, forgotten);', ''],
  ]),
  ...breakagesOf('domain/rendition/accepted-formats.ts', [
    ['a purge leaves the WebP', '{ avif: false, webp: true },', ''],
  ]),
  ...breakagesOf('domain/rendition/presets.ts', [
    [
      'an unknown preset is taken for the first preset',
      'const transform = presets.get(name);',
      'const transform = presets.get(name) ?? [...presets.values()][0];',
    ],
  ]),
  ...breakagesOf('operations/renditions/rendition-bounds.ts', [
    ['more than 64 free renditions are kept', 'index >= MAX_RENDITIONS', 'index >= MAX_RENDITIONS * 9'],
    ['63 free renditions are kept', 'index >= MAX_RENDITIONS', 'index >= MAX_RENDITIONS - 1'],
  ]),
  ...breakagesOf('operations/renditions/open-rendition.ts', [
    ['a range of a rendition lacks its last byte', 'range.end + 1', 'range.end'],
  ]),
  ...breakagesOf('domain/rendition/rendition-name.ts', [
    [
      'all renditions of an image share one name',
      'JSON.stringify({ encoder, recipe, sha256 }, sorted)',
      'JSON.stringify({ encoder, sha256 }, sorted)',
    ],
  ]),
];
