import { breakagesFor } from '../breakage.ts';

const SQLITE = 'server/src/records/events/sqlite/sqlite.test.ts';
const DYNAMODB = 'server/src/records/events/dynamodb/dynamodb.test.ts';
const INTERLEAVINGS = 'server/src/records/events/dynamodb/interleavings.test.ts';
const MOVER = 'server/src/records/events/dynamodb/mover.test.ts';
const READER = 'server/src/records/events/event-reader.test.ts';
const STREAMS = 'server/test/events/event-streams.test.ts';
const DRAIN = 'server/test/process/drain.test.ts';
const LINE = 'server/src/operations/webhooks/waiting-line.test.ts';
const DELIVERY = 'server/test/webhooks/delivery.test.ts';
const FAILING = 'server/test/webhooks/failing-image.test.ts';
const SIGNED = 'server/src/operations/webhooks/signed-message.test.ts';
const SECRETS = 'server/src/domain/event/webhook-secrets.test.ts';
const MANAGE = 'server/test/webhooks/manage.test.ts';

export const EVENTS = [
  ...breakagesFor({ file: 'server/src/records/events/sqlite/event-writes.ts', test: SQLITE }, [
    ['a log that lacks changes goes on', 'if (eventOf(from, to)) end.run();', ''],
  ]),
  ...breakagesFor({ file: 'server/src/records/events/dynamodb/dynamodb.ts', test: DYNAMODB }, [
    [
      'the log is read from any replica',
      '        ConsistentRead: true,\n        Limit: limit,',
      '        Limit: limit,',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/records/events/dynamodb/mover.ts', test: MOVER }, [
    [
      'what a mover left in the outbox is published again',
      'if (left.get(shard) !== head) await clearLast(shard, head);',
      '',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/records/events/dynamodb/heads.ts', test: MOVER }, [
    ['a frozen mover puts the head back', '(shard)} = :from', '(shard)} >= :from'],
  ]),
  ...breakagesFor({ file: 'server/src/records/events/dynamodb/mover.ts', test: INTERLEAVINGS }, [
    ['a frozen mover writes over the rows of another', 'table.put(row, IS_NEW)', 'table.put(row)'],
  ]),
  ...breakagesFor({ file: 'server/src/records/events/dynamodb/outbox.ts', test: INTERLEAVINGS }, [
    [
      'a page that ends within an image publishes its later part first',
      'const whole = items.filter((item) => imageIdIn(item) !== cut);',
      'const whole = items;',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/records/events/void-position.ts', test: READER }, [
    [
      'a cursor holds although a process without events wrote meanwhile',
      'if (head.incompleteUntil !== null && issuedAt < head.incompleteUntil) return true;',
      '',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/records/events/recent-events.ts', test: READER }, [
    ['a reader far behind gets the newest events alone', 'if (!isKnown) return undefined;', ''],
  ]),
  ...breakagesFor({ file: 'server/src/http/events/event-stream.ts', test: STREAMS }, [
    [
      'a stream outlives its key',
      'await services.readmit(c).catch(end);',
      'await services.readmit(c).catch(() => {});',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/http/events/event-stream.ts', test: DRAIN }, [
    ['a process that stops waits for its streams', "services.stopping?.addEventListener('abort', end);", ''],
  ]),
  ...breakagesFor({ file: 'server/src/operations/webhooks/waiting-line.ts', test: LINE }, [
    ['a later event of an image overtakes', 'line.deliveries.push(delivery);', 'line.deliveries.unshift(delivery);'],
  ]),
  ...breakagesFor({ file: 'server/src/operations/webhooks/webhook-deliverer.ts', test: DELIVERY }, [
    [
      'a receiver that asks for a pause gets the next message',
      'if (sent.busyUntil) busy = { url: webhook.url, until: sent.busyUntil };',
      '',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/operations/webhooks/webhook-deliverer.ts', test: FAILING }, [
    ['one refused image stops a webhook', ' && (await madeRoom(now))', ' && false'],
    ["a refused image's events fail one day after the other", 'followsFailed && isRefused', 'false && isRefused'],
  ]),
  ...breakagesFor({ file: 'server/src/operations/webhooks/next-deliveries.ts', test: DELIVERY }, [
    [
      'a webhook whose place is forgotten says nothing',
      'const skippedSince = read?.issuedAt ?? null',
      'const skippedSince = null',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/operations/webhooks/webhook-health.ts', test: DELIVERY }, [
    ['a receiver that is gone is asked on', "if (outcome === 'gone') return pause(webhook, 'gone');", ''],
  ]),
  ...breakagesFor({ file: 'server/src/operations/webhooks/signed-message.ts', test: SIGNED }, [
    ['only the newest secret signs', 'secrets.map((secret)', 'secrets.slice(0, 1).map((secret)'],
  ]),
  ...breakagesFor({ file: 'server/src/domain/encryption.ts', test: SECRETS }, [
    ['a former SECRET_KEY opens no secret', '[encrypting, ...rest.map((key) => createSecretKey(key))]', '[encrypting]'],
  ]),
  ...breakagesFor({ file: 'server/src/operations/checks/require-enabled.ts', test: MANAGE }, [
    ['an open service has webhooks', 'if (settings.authenticates) return events;', 'return events;'],
  ]),
];
