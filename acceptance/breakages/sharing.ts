import { breakagesOf } from './breakage.ts';

/** Links and visibility, as an open service shows them too. */
export const SHARING = [
  ...breakagesOf('domain/image/image.ts', [
    [
      'another visibility leaves signed URLs',
      '=== image.visibility ? image : withoutSignedUrls',
      '=== image.visibility ? image : structuredClone',
    ],
    [
      'the same visibility ends signed URLs',
      '(changes.visibility ?? image.visibility) === image.visibility ?',
      'changes.visibility === undefined ?',
    ],
    ['revoke-links leaves the epoch', 'epoch: image.epoch + 1,', ''],
    ['revoke-links leaves the links', "...(image.status === 'ready' && { links: [] }),", ''],
  ]),
  ...breakagesOf('domain/image/share-link.ts', [['an image may have 51 links', 'MAX_LINKS = 50', 'MAX_LINKS = 51']]),
  ...breakagesOf('domain/access/signed-url.ts', [
    [
      'URLs do not have the epoch of their image',
      'return epoch === 0 ? seal :',
      'if (seal) return seal;\n      return',
    ],
    [
      'the id of a link is not signed',
      'textOf: ({ image, link }, epoch, exp) =>',
      'textOf: ({ image }, epoch, exp, link = image) =>',
    ],
  ]),
  ...breakagesOf('operations/links/find-links.ts', [
    ['links of a trashed image are listed', '{ visibleImage }', '{ changeableOrTrashedImage as visibleImage }'],
  ]),
  ...breakagesOf('operations/links/create-link.ts', [
    ["another user's image gets a link", '{ changeableImage }', '{ visibleImage as changeableImage }'],
    ['a pending image has no links at all', "AppError('image-not-ready'", "AppError('image-not-found'"],
    ['an unknown preset gets a link', 'if (preset !== null) presetNamed(settings.presets, preset);', ''],
    ['a link lasts for a day', 'expiryOf(now, expiresInSeconds)', 'expiryOf(now, 86_400)'],
  ]),
  ...breakagesOf('domain/image/image.ts', [
    ['a revoked link still opens', 'linksOf(image).filter((one) => one !== link)', 'linksOf(image)'],
    ['revoking one link ends all', 'linksOf(image).filter((one) => one !== link)', '[]'],
  ]),
  ...breakagesOf('operations/links/revoke-link.ts', [
    ['a link that is not there can be revoked', '!revoked) throw linkNotFound();', '!revoked) return linkId;'],
  ]),
  ...breakagesOf('operations/links/find-links.ts', [
    [
      'the newest link comes first',
      'liveLinks(linksOf(image), services.clock.now())',
      'liveLinks(linksOf(image), services.clock.now()).toReversed()',
    ],
  ]),
  ...breakagesOf('operations/links/open-link.ts', [
    [
      'an absent link is refused by its signature',
      '!link) throw linkNotFound();',
      "!link) throw new AppError('signature-invalid', 'x');",
    ],
    ['a link to a preset opens the original', 'if (link.preset === null) return', 'if (link.id) return'],
  ]),
  ...breakagesOf('http/links/link-answer.ts', [
    ['shared caches may not keep the answer to a link', 'keepingHeaders(services, image.id, keeping)', 'UNCACHED'],
  ]),
  ...breakagesOf('http/links/links.ts', [
    ['other origins may not show a link', 'allowAnyPage(c);', ''],
    ['a link is always inline', "download ? 'attachment' : 'inline'", "'inline'"],
  ]),
  ...breakagesOf('http/links/link-json.ts', [
    ['every link is to the original', "preset === null ? 'original' : 'preset'", "'original'"],
  ]),
  ...breakagesOf('http/links/link-schemas.ts', [
    ['a link may last 59 seconds', 'MIN_SECONDS = 60', 'MIN_SECONDS = 59'],
    ['a link may last longer than a year', 'MAX_SECONDS = 31_536_000', 'MAX_SECONDS = 31_536_001'],
    ['a link lasts for a day by default', 'DEFAULT_SECONDS = 604_800', 'DEFAULT_SECONDS = 86_400'],
    ['unknown fields of a link pass', 'createLinkBody = closedObject({', 'createLinkBody = z.object({'],
    [
      'a link to the original may name a preset',
      "if (isGiven === (what === 'preset')) return;",
      "if (isGiven || what === 'original') return;",
    ],
    [
      'a link to a preset may name none',
      "if (isGiven === (what === 'preset')) return;",
      "if (!isGiven || what === 'preset') return;",
    ],
  ]),
  ...breakagesOf('http/steps/cross-site-guard.ts', [
    ['cross-site pages may not show links', '(?:render|links\\/[^/]+)', '(?:render)'],
    ['in open mode cross-site pages may show private presets', "c.set('refusal', refusal);", ''],
    ['in open mode cross-site pages may not show public presets', 'if (!isOfPreset) throw refusal;', 'throw refusal;'],
  ]),
  ...breakagesOf('domain/access/policy.ts', [
    ['private images show their presets', "visibility === 'public' && status === 'ready'", "status === 'ready'"],
  ]),
  ...breakagesOf('operations/images/read-shared-image.ts', [
    ['the URL of a render survives its epoch', 'if (found.epoch !== epoch) throw invalidSignature();', ''],
  ]),
  ...breakagesOf('http/uploads/upload-fields.ts', [
    ['the visibility of an upload is ignored', 'visibility: fields.visibility ??', 'visibility:'],
    ['images are public by default', "?? fixed?.visibility ?? 'private'", "?? fixed?.visibility ?? 'public'"],
  ]),
  ...breakagesOf('http/images/metadata.ts', [
    ['PATCH ignores the visibility', '...(visibility !== undefined && { visibility }),', ''],
  ]),
  ...breakagesOf('http/images/image-json.ts', [
    ['the JSON says that every image is private', 'visibility: image.visibility,', "visibility: 'private',"],
  ]),
  ...breakagesOf('http/renditions/renditions.ts', [
    ['other origins may not show public presets', "if (image.visibility === 'public') allowAnyPage(c);", ''],
  ]),
  ...breakagesOf('http/answers/shared-picture.ts', [
    ['browsers keep public presets for an hour', 'maxAgeSeconds: 300', 'maxAgeSeconds: 3_600'],
    ['shared caches keep public presets as long as browsers', ', sharedSeconds: DAY_SECONDS }', ' }'],
    ['shared pictures may be kept for a year', 'const DAY_SECONDS = 86_400;', 'const DAY_SECONDS = 31_536_000;'],
  ]),
  ...breakagesOf('http/answers/problem-answer.ts', [
    ['caches may keep a refusal', '...((status === 401 || status === 403) && NO_STORE),', ''],
  ]),
  ...breakagesOf('operations/checks/require-enabled.ts', [
    ['an open service mints tokens', 'if (settings.authenticates) return;', 'return;'],
  ]),
];
