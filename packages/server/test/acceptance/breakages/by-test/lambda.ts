import { caughtBy } from '../breakage.ts';

export const LAMBDA = [
  ...caughtBy('packages/server/test/lambda/worker.ci.test.ts', [
    ['failed messages of a batch count as done', 'workOnBatch', 'outcomes.flat()', '[]'],
    [
      'the function answers before its jobs are done',
      'worker.ts: outcomeOf',
      'await workOn…)',
      "(void workOn…), 'done')",
    ],
  ]),
  ...caughtBy('packages/server/src/run/lambda/http-event.test.ts', [
    ['a body in base64 is read as text', 'http-event.ts: requestOf', ", event.isBase64Encoded ? 'base64' :", ','],
    ['headers beyond ASCII have other bytes', 'http-event.ts: requestOf', 'latin1(value)', 'value'],
  ]),
];
