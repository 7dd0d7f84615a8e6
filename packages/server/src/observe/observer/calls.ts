/**
 * The names of all calls that `store-call` tells, by part: mostly methods of the part's port. A key's and an image's
 * `get` are in one part, so those of keys say so. `receive` of the queue has no duration, because most of it is a wait
 * for jobs.
 */
export const CALLS = {
  records: [
    ...['create', 'get', 'findByExternalId', 'findByFormerId', 'getToChange', 'details', 'replace'],
    ...['find', 'months', 'tags', 'known', 'useKey', 'findKeyUse', 'isUsedUp', 'replaceKeyUse'],
    ...['due', 'published', 'forget', 'check'],
    ...['createKey', 'getKey', 'replaceKey', 'rotateKey', 'recordKeyUse', 'findKeys'],
    ...['addRevocation', 'revocationsOf', 'revocationOfUser'],
    ...['usageOf', 'setLimits', 'findOwners', 'isEmpty', 'countedSince', 'setCounted', 'recount', 'totalUsage'],
    ...['createAlbum', 'getAlbum', 'replaceAlbum', 'findAlbums', 'countAlbums'],
    ...['recountAlbum', 'deletingAlbums', 'forgetAlbums'],
    ...['holdLease', 'renewLease', 'bookmark', 'setBookmark'],
    ...['eventHead', 'readEvents', 'eraseEvents', 'forgetEvents', 'moveEvents', 'measureEvents'],
    ...['createWebhook', 'getWebhook', 'listWebhooks', 'replaceWebhook', 'removeWebhook', 'nextDeliveries'],
    ...['addDeliveries', 'unfinishedDeliveries', 'recordDelivery', 'findDeliveries', 'getDelivery', 'replayDeliveries'],
    ...['eraseDeliveries', 'forgetDeliveries'],
    ...[
      'erasureKey',
      'addErasureKey',
      'addErasure',
      'erasuresOf',
      'blocks',
      'deletion',
      'putDeletion',
      'openDeletions',
    ],
  ],
  objects: [
    ...['check', 'put', 'putFirst', 'putStream', 'get', 'head', 'copy', 'checkOut', 'delete', 'erase', 'listPage'],
    'stage',
  ],
  queue: ['send', 'receive', 'finish', 'extend', 'retry', 'countDeadLetters'],
  redis: ['take'],
  gates: ['ask', 'check'],
  /** An issuer's keys, with their address if it isn't known; the origins where people sign in. */
  issuer: ['readKeys', 'discoverOrigins'],
} as const satisfies Record<string, readonly string[]>;

/** What the service calls: its stores, the queue, the store of rate limits, gates, and issuers of tokens. */
export type CalledPart = keyof typeof CALLS;

export type CallOf<Called extends CalledPart> = (typeof CALLS)[Called][number];
