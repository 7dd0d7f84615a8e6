// A function that does what its event says.
import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

if (process.env['FAILS_TO_START'] !== undefined) throw new TypeError('no such table');

/** Each message says whether it is to come again. */
function doEach(records) {
  if (records.some(({ body }) => body === 'throw')) throw new RangeError('on demand');
  const again = records.filter(({ body }) => body === 'again');
  return { batchItemFailures: again.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

export async function handler(event, context) {
  if (event.Records) return doEach(event.Records);
  switch (event.do) {
    case 'tell-pid':
      return process.pid;
    case 'tell-deadline':
      return context.getRemainingTimeInMillis();
    case 'throw':
      throw new RangeError('on demand');
    case 'hang':
      for (;;);
    case 'exit':
      return process.exit(3);
    case 'wait-for':
      while (!existsSync(event.file)) await wait(5);
      return process.pid;
    case 'fill':
      return 'x'.repeat(event.bytes);
    default: // an event of the gateway
      return {
        statusCode: 201,
        headers: { 'content-type': 'application/json', 'x-answer': 'a' },
        cookies: ['a=1; Secure', 'b=2'],
        body: Buffer.from(JSON.stringify(event)).toString('base64'),
        isBase64Encoded: true,
      };
  }
}
