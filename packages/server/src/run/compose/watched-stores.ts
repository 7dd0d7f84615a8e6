import type { Delivery, JobQueue } from '../../jobs/job-queue.ts';
import type { ObjectStore } from '../../object-store/object-store.ts';
import type { Staging } from '../../object-store/staging.ts';
import type { StoreCalls, Watch } from '../../observe/observer/store-calls.ts';
import { watched } from '../../observe/observer/watched.ts';
import type { AlbumRepository } from '../../records/albums/album-repository.ts';
import type { Coordination } from '../../records/coordination/coordination.ts';
import type { ErasureRepository } from '../../records/erasures/erasure-repository.ts';
import type { EventLog } from '../../records/events/event-log.ts';
import type { ImageRepository } from '../../records/images/image-repository.ts';
import type { KeyRepository } from '../../records/keys/key-repository.ts';
import type { RevocationRepository } from '../../records/revocations/revocation-repository.ts';
import type { UsageRepository } from '../../records/usage/usage-repository.ts';
import type { WebhookRepository } from '../../records/webhooks/webhook-repository.ts';

/** The repositories of records, each with watched calls. */
export const watchedRecords = (calls: StoreCalls<'records'>) => ({
  images: (images: ImageRepository) =>
    watched(images, calls, {
      create: 'write',
      get: 'read',
      findByExternalId: 'read',
      findByFormerId: 'read',
      getToChange: 'read',
      details: 'read',
      replace: 'write',
      find: 'read',
      months: 'read',
      tags: 'read',
      known: 'read',
      ordersByCapture: null, // mostly from memory
      useKey: 'write',
      findKeyUse: 'read',
      isUsedUp: 'read',
      replaceKeyUse: 'write',
      due: 'read',
      published: 'read',
      forget: 'watch',
      check: 'write',
    }),

  albums: (albums: AlbumRepository) =>
    watched(albums, calls, {
      create: ['write', 'createAlbum'],
      get: ['read', 'getAlbum'],
      replace: ['write', 'replaceAlbum'],
      find: ['read', 'findAlbums'],
      count: ['read', 'countAlbums'],
      recount: ['watch', 'recountAlbum'],
      deleting: ['watch', 'deletingAlbums'],
      forget: ['watch', 'forgetAlbums'],
    }),

  coordination: (coordination: Coordination) =>
    watched(coordination, calls, {
      holdLease: 'write',
      renewLease: 'watch',
      bookmark: 'watch',
      setBookmark: 'watch',
    }),

  /** A use that isn't recorded fails no request, so it doesn't count against the part's health. */
  keys: (keys: KeyRepository) =>
    watched(keys, calls, {
      create: ['write', 'createKey'],
      get: ['read', 'getKey'],
      replace: ['write', 'replaceKey'],
      rotate: ['write', 'rotateKey'],
      recordUse: ['watch', 'recordKeyUse'],
      find: ['read', 'findKeys'],
    }),

  revocations: (revocations: RevocationRepository) =>
    watched(revocations, calls, {
      add: ['write', 'addRevocation'],
      of: ['read', 'revocationsOf'],
      ofUser: ['read', 'revocationOfUser'],
    }),

  usage: (usage: UsageRepository) =>
    watched(usage, calls, {
      usageOf: 'read',
      setLimits: 'write',
      findOwners: 'read',
      isEmpty: 'read',
      countedSince: 'read',
      setCounted: 'write',
      totalUsage: 'read',
      recount: 'watch',
    }),

  erasures: (erasures: ErasureRepository) =>
    watched(erasures, calls, {
      key: ['read', 'erasureKey'],
      addKey: ['write', 'addErasureKey'],
      add: ['write', 'addErasure'],
      of: ['read', 'erasuresOf'],
      blocks: 'read',
      deletion: 'read',
      putDeletion: 'write',
      openDeletions: 'read',
    }),

  events: (log: EventLog): EventLog => ({
    ...watched(log, calls, {
      head: ['read', 'eventHead'],
      read: ['read', 'readEvents'],
      eraseUser: ['write', 'eraseEvents'],
      forget: ['watch', 'forgetEvents'],
    }),
    mover:
      log.mover && watched(log.mover, calls, { move: ['watch', 'moveEvents'], oldestAt: ['read', 'measureEvents'] }),
  }),

  webhooks: (webhooks: WebhookRepository) =>
    watched(webhooks, calls, {
      create: ['write', 'createWebhook'],
      get: ['read', 'getWebhook'],
      list: ['read', 'listWebhooks'],
      replace: ['write', 'replaceWebhook'],
      remove: ['write', 'removeWebhook'],
      advance: ['write', 'nextDeliveries'],
      addDeliveries: 'write',
      unfinished: ['read', 'unfinishedDeliveries'],
      record: ['write', 'recordDelivery'],
      deliveries: ['read', 'findDeliveries'],
      delivery: ['read', 'getDelivery'],
      replay: ['write', 'replayDeliveries'],
      eraseUser: ['write', 'eraseDeliveries'],
      forget: ['watch', 'forgetDeliveries'],
    }),
});

/**
 * `store` with watched calls. Only a written object proves that the store can be written to: deleting or copying an
 * absent object changes nothing.
 */
export const watchedObjects = (store: ObjectStore, calls: StoreCalls<'objects'>): ObjectStore => ({
  ...watched(store, calls, {
    check: 'write',
    put: 'write',
    putFirst: null,
    putStream: null,
    get: 'read',
    head: 'read',
    copy: null,
    checkOut: null,
    delete: null,
    erase: null,
    listPage: 'watch',
  }),
  putFirst: (...call) => calls.write('putFirst', () => store.putFirst(...call), isWritten),
  // Most of its duration is the body's, and so may be its failure.
  putStream: (...call) => calls.watch('putStream', () => store.putStream(...call)),
  copy: (...call) => calls.write('copy', () => store.copy(...call), isWritten),
  checkOut: (key, options) => calls.read('checkOut', () => store.checkOut(key, options), options.signal),
  delete: (...call) => calls.write('delete', () => store.delete(...call), never),
  erase: (...call) => calls.write('erase', () => store.erase(...call), never),
});

/**
 * `staging` with watched receipts of bodies. A staged file proves nothing about the store, which may be elsewhere.
 * `stageFiles` is not watched, because its duration is the decoder's.
 */
export const watchedStaging = (staging: Staging, { write }: StoreCalls<'objects'>): Staging => ({
  ...staging,
  stage: (...call) => write('stage', () => staging.stage(...call), never),
});

const isWritten = (result: unknown): boolean => result !== undefined;
const never = (): boolean => false;

/** `queue` with watched calls. Of `receive` without its duration: most of it is a wait for jobs. */
export const watchedQueue = <Queue extends JobQueue>(queue: Queue, watch: Watch<'queue'>): Queue => ({
  ...queue,
  send: (...call) => watch('send', () => queue.send(...call)),
  countDeadLetters: () => watch('countDeadLetters', () => queue.countDeadLetters()),
  async receive(options) {
    const receiving = queue.receive(options);
    await receiving.catch(() => undefined);
    const deliveries = await watch('receive', () => receiving);
    return deliveries.map((delivery) => watchedDelivery(delivery, watch));
  },
});

/** `delivery` with watched calls. */
export const watchedDelivery = (delivery: Delivery, watch: Watch<'queue'>): Delivery => ({
  ...delivery,
  finish: () => watch('finish', () => delivery.finish()),
  extend: () => watch('extend', () => delivery.extend()),
  retry: (reason) => watch('retry', () => delivery.retry(reason)),
});
