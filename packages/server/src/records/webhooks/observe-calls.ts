import type { StoreCalls } from '../../observe/observer/store-calls.ts';
import type { WebhookRepository } from './webhook-repository.ts';

/** `webhooks` with watched calls. */
export const observeWebhookCalls = (
  webhooks: WebhookRepository,
  { read, write, watch }: StoreCalls<'records'>,
): WebhookRepository => ({
  create: (...call) => write('createWebhook', () => webhooks.create(...call)),
  get: (...call) => read('getWebhook', () => webhooks.get(...call)),
  list: (...call) => read('listWebhooks', () => webhooks.list(...call)),
  replace: (...call) => write('replaceWebhook', () => webhooks.replace(...call)),
  remove: (...call) => write('removeWebhook', () => webhooks.remove(...call)),
  advance: (...call) => write('advanceWebhook', () => webhooks.advance(...call)),
  addDeliveries: (...call) => write('addDeliveries', () => webhooks.addDeliveries(...call)),
  unfinished: (...call) => read('unfinishedDeliveries', () => webhooks.unfinished(...call)),
  record: (...call) => write('recordDelivery', () => webhooks.record(...call)),
  deliveries: (...call) => read('findDeliveries', () => webhooks.deliveries(...call)),
  delivery: (...call) => read('getDelivery', () => webhooks.delivery(...call)),
  replay: (...call) => write('replayDeliveries', () => webhooks.replay(...call)),
  eraseUser: (...call) => write('eraseDeliveries', () => webhooks.eraseUser(...call)),
  forget: (...call) => watch('forgetDeliveries', () => webhooks.forget(...call)),
});
