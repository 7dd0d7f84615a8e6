import { caughtBy } from '../breakage.ts';

export const EVENTS = [
  ...caughtBy('packages/server/src/records/events/sqlite/sqlite.test.ts', [
    [
      'a log that lacks changes goes on',
      'sqlite/event-writes.ts: createUnloggedWrites',
      'if (eventOf(from, to, changedDetails)) end.run();',
      '',
    ],
  ]),
  ...caughtBy('packages/server/src/records/events/dynamodb/dynamodb.ci.test.ts', [
    ['the log is read from any replica', 'createDynamodbEventLog', ',\n        ConsistentRead: true', ''],
  ]),
  ...caughtBy('packages/server/src/records/events/dynamodb/mover.ci.test.ts', [
    ['what a mover left in the outbox is published again', 'createEventMover', 'if (left.get…;', ''],
    ['a frozen mover puts the head back', 'raiseHead', '= :from', '>= :from'],
  ]),
  ...caughtBy('packages/server/src/records/events/dynamodb/interleavings.ci.test.ts', [
    ['a frozen mover writes over the rows of another', 'createEventMover', ', IS_NEW', ''],
    [
      'a page that ends within an image publishes its later part first',
      'readOutbox',
      '.filter((item) => imageIdIn(item) !== cut)',
      '',
    ],
  ]),
  ...caughtBy('packages/server/src/records/events/event-reader.test.ts', [
    ['a cursor holds although a process without events wrote meanwhile', 'isVoid', 'if (head.incompleteUntil …;', ''],
    ['a reader far behind gets the newest events alone', 'createRecentEvents', 'if (!isKnown) return undefined;', ''],
  ]),
  ...caughtBy('packages/server/test/events/event-streams.ci.test.ts', [
    ['a stream outlives its key', 'eventStreamAnswer', '(end)', '(() => {})'],
  ]),
  ...caughtBy('packages/server/test/process/drain.test.ts', [
    ['a process that stops waits for its streams', 'eventStreamAnswer', 'services.stopping?.addEventListener…;', ''],
  ]),
  ...caughtBy('packages/server/src/operations/webhooks/waiting-line.test.ts', [
    ['a later event of an image overtakes', 'createWaitingLine.add', 'push', 'unshift'],
  ]),
  ...caughtBy('packages/server/test/webhooks/delivery.ci.test.ts', [
    ['a receiver that asks for a pause gets the next message', 'createDeliverer', 'if (sent.busyUntil…;', ''],
    ['a webhook whose place is forgotten says nothing', 'pageAfter', '= read?.issuedAt ??', '='],
    ['a receiver that is gone is asked on', 'createWebhookHealth', "if (outcome === 'gone'…;", ''],
  ]),
  ...caughtBy('packages/server/test/webhooks/failing-image.ci.test.ts', [
    ['one refused image stops a webhook', 'createDeliverer', '(await madeRoom(now))', 'false'],
    [
      "a refused image's events fail one day after the other",
      'webhook-deliverer.ts: outcomeOf',
      'followsFailed &&',
      'false &&',
    ],
  ]),
  ...caughtBy('packages/server/src/operations/webhooks/signed-message.test.ts', [
    ['only the newest secret signs', 'signatureHeaders', 'map', 'slice(0, 1).map'],
  ]),
  ...caughtBy('packages/server/src/domain/event/webhook-secrets.test.ts', [
    ['a former SECRET_KEY opens no secret', 'createEncryption', ', ...rest.map((key) => createSecretKey(key))', ''],
  ]),
  ...caughtBy('packages/server/test/webhooks/manage.ci.test.ts', [
    ['an open service has webhooks', 'requireWebhooks', 'events && settings.authenticates', 'events'],
  ]),
];
