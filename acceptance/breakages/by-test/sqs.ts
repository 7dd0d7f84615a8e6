import { breakagesFor } from '../breakage.ts';

export const SQS = [
  ...breakagesFor({ file: 'server/src/jobs/sqs/delivery.ts', test: 'server/src/jobs/sqs/sqs.test.ts' }, [
    ['a lease is not extended', 'await hide(message, leaseSeconds);\n    },\n    async retry', '},\n    async retry'],
    ['a job has one attempt too many', 'message.receiveCount >= MAX_ATTEMPTS', 'message.receiveCount > MAX_ATTEMPTS'],
    [
      'a job of another version is removed',
      'await hide(message, pause(message.receiveCount));',
      'await remove(message);',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/jobs/sqs/delivery.ts', test: 'server/src/jobs/sqs/faults.test.ts' }, [
    [
      'a message is removed before it is a dead letter',
      'await onSqs(client.send(command));\n    await remove(message);',
      'await remove(message);\n    await onSqs(client.send(command));',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/jobs/sqs/sqs.ts', test: 'server/src/jobs/sqs/faults.test.ts' }, [
    ['one message that fails delays the others', 'if (failed && deliveries.length === 0) throw', 'if (failed) throw'],
  ]),
  ...breakagesFor({ file: 'server/src/jobs/sqs/sqs.ts', test: 'server/src/jobs/sqs/sqs.test.ts' }, [
    [
      'messages of an aborted receive stay hidden',
      'asking.then(giveBack, () => undefined)',
      'asking.then(\n      () => giveBack([]),\n      () => undefined,\n    )',
    ],
  ]),
];
