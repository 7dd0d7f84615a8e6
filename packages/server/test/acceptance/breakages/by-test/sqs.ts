import { caughtBy } from '../breakage.ts';

export const SQS = [
  ...caughtBy('packages/server/src/jobs/sqs/sqs.ci.test.ts', [
    ['a lease is not extended', 'createSqsDeliveries', 'await hide(message, leaseSeconds);\n    }', '}'],
    ['a job has one attempt too many', 'createSqsDeliveries', '>=', '>'],
    ['a job of another version is removed', 'createSqsDeliveries', 'hide(message, pause…))', 'remove(message)'],
    [
      'messages of an aborted receive stay hidden',
      'createSqsJobQueue',
      '(giveBack, () …)',
      '(\n      () => giveBack([]),\n      () …,\n    )',
    ],
  ]),
  ...caughtBy('packages/server/src/jobs/sqs/faults.ci.test.ts', [
    [
      'a message is removed before it is a dead letter',
      'createSqsDeliveries',
      'onSqs(client.send(command))…remove(message)',
      'remove(message)…onSqs(client.send(command))',
    ],
    ['one message that fails delays the others', 'createSqsJobQueue', ' && deliveries.length === 0', ''],
  ]),
];
