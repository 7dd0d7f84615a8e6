import { breakagesFor } from '../breakage.ts';

export const LAMBDA = [
  ...breakagesFor({ file: 'server/src/run/lambda/worker.ts', test: 'server/test/lambda/worker.test.ts' }, [
    ['failed messages of a batch count as done', 'batchItemFailures: outcomes.flat()', 'batchItemFailures: []'],
    [
      'the function answers before its jobs are done',
      '? await workOn(services, delivery) : delivery',
      "? (void workOn(services, delivery), 'done') : delivery",
    ],
  ]),
  ...breakagesFor({ file: 'server/src/run/lambda/http-event.ts', test: 'server/src/run/lambda/http-event.test.ts' }, [
    ['a body in base64 is read as text', "event.isBase64Encoded ? 'base64' : 'utf8'", "'utf8'"],
    ['headers beyond ASCII have other bytes', 'headers.set(name, latin1(value))', 'headers.set(name, value)'],
  ]),
];
