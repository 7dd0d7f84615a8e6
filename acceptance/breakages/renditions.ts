import { breakagesOf } from './breakage.ts';

export const RENDITIONS = [
  ...breakagesOf('http/answers/image-json.ts', [
    ['the JSON lists no renditions', 'renditions: ready ? renditionUrls(ready, view) : null', 'renditions: null'],
    ['URLs of renditions have an old version', '?v=$', '?v=0$'],
    ['lists and JSON lack the dominant color', 'published?.dominantColor ?? null', 'null'],
  ]),
  ...breakagesOf('domain/rendition/presets.ts', [
    ['thumb is a little too small', "'thumb:w=256&h=256 medium", "'thumb:w=255&h=255 medium"],
    ['medium bounds the width only', 'medium:w=1024&h=1024', 'medium:w=1024'],
  ]),
  ...breakagesOf('domain/rendition/accepted-formats.ts', [
    ['a wildcard passes for AVIF', "named.includes('image/avif')", "/avif|\\*\\/\\*/.test(accept ?? '')"],
    ['a refused type is sent all the same', 'weight)?.[1] ?? 0) > 0 ?', 'weight)?.[1] ?? 0) >= 0 ?'],
  ]),
  ...breakagesOf('domain/rendition/plan-rendition.ts', [
    ['auto makes AVIF of any size', 'accepted.avif && isSmall &&', 'accepted.avif &&'],
    ['auto stills animations', '&& STILL_TYPES.includes(source.contentType)', ''],
  ]),
  ...breakagesOf('imaging/render/shapes.ts', [
    ['a GIF becomes JPEG where neither WebP nor AVIF is accepted', " || contentType === 'image/gif'", ''],
  ]),
  ...breakagesOf('http/answers/rendition-answer.ts', [
    ['Vary is silent of Accept', "if (isNegotiated) addHeaders(c, { vary: 'Origin, Accept' });", ''],
    ['Vary always names Accept', 'if (isNegotiated) addHeaders(', 'addHeaders('],
    ['an explicit format gives way to Accept', 'acceptedFormats(isNegotiated ?', 'acceptedFormats(!isNegotiated ?'],
    ['the name keeps the extension of the original', "image.filename.replace(/\\.\\w{1,5}$/, '')", 'image.filename'],
    [
      'renditions are sent as attachments',
      "contentDisposition('inline', filename)",
      "contentDisposition('attachment', filename)",
    ],
  ]),
  ...breakagesOf('http/routes/renditions.ts', [
    ['without its version a rendition is kept for good', 'maxAgeSeconds: null', 'maxAgeSeconds: 31_536_000'],
    ['any version will do', '&& version === v', ''],
    [
      'renditions of presets are for every cache',
      "const VERSIONED: Keeping = { by: 'private'",
      "const VERSIONED: Keeping = { by: 'public'",
    ],
    ['?download=true of a rendition is ignored', "download === 'true'", "download === 'yes'"],
    ['a download is shown in the page', "disposition: 'attachment',", "disposition: 'inline',"],
  ]),
  ...breakagesOf('operations/renditions/purge-renditions.ts', [
    ["another user's renditions can be purged", 'requireChange(principal, image);', ''],
    ['purging one preset purges all', 'ofPreset ? stored.filter(', 'ofPreset ? stored || stored.filter('],
    ['purging tells and removes nothing', 'await services.objects.delete(purged);', ''],
    ['what was purged is still served from memory', 'await amendImage(services, image.id, withoutFailures);', ''],
  ]),
  ...breakagesOf('domain/rendition/accepted-formats.ts', [
    ['a purge leaves the WebP', '{ avif: false, webp: true },', ''],
  ]),
  ...breakagesOf('domain/rendition/presets.ts', [
    [
      'an unknown preset is any preset',
      'const transform = presets.get(name);',
      'const transform = presets.get(name) ?? [...presets.values()][0];',
    ],
  ]),
  ...breakagesOf('operations/images/delete-image.ts', [
    ['renditions outlive their image', 'await services.objects.delete(await renditionsOf(services, image));', ''],
  ]),
  ...breakagesOf('operations/renditions/keep-few-renditions.ts', [
    ['free renditions are stored without end', 'MAX_FREE_RENDITIONS - 1)', 'MAX_FREE_RENDITIONS * 9)'],
    ['63 free renditions are kept', 'MAX_FREE_RENDITIONS - 1)', 'MAX_FREE_RENDITIONS - 2)'],
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
