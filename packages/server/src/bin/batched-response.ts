import { type IncomingMessage, ServerResponse } from 'node:http';

/** Answers that go out together: more would gain little, and the first would wait for them. */
const MAX_BATCH = 16;
/** Answers sent at once after one that had waited for no other: to wait costs somebody who asks one by one 5 to 10 %. */
const MAX_UNBATCHED = 15;

type Body = string | Uint8Array;

/**
 * What `createServer` takes as `ServerResponse`: an answer that comes whole goes out with the others of its turn of the event
 * loop. A client that has to be woken for it costs as much as all else about an answer from memory; woken by the first, it
 * finds the others there.
 */
export function batchedResponses(): typeof ServerResponse {
  let batch: { readonly response: BatchedResponse; readonly body: Body }[] = [];
  let waitedThisTurn = 0;
  let unbatchedLeft = 0;

  function endTurn(): void {
    if (waitedThisTurn === 1) unbatchedLeft = MAX_UNBATCHED;
    waitedThisTurn = 0;
    send();
  }

  function send(): void {
    const answers = batch;
    batch = [];
    for (const { response, body } of answers) response.send(body);
  }

  class BatchedResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
    override end(...args: unknown[]): this {
      const [body] = args;
      if (args.length !== 1 || !isBody(body)) return super.end(...(args as [])); // ends a stream, or has no body
      if (waitedThisTurn === 0) {
        if (unbatchedLeft > 0) {
          unbatchedLeft -= 1;
          return super.end(body);
        }
        setImmediate(endTurn);
      }
      waitedThisTurn += 1;
      batch.push({ response: this, body });
      if (batch.length === MAX_BATCH) send();
      return this;
    }

    /** What becomes of one never reaches the others. */
    send(body: Body): void {
      try {
        super.end(body);
      } catch {
        this.destroy();
      }
    }
  }

  return BatchedResponse;
}

const isBody = (value: unknown): value is Body => typeof value === 'string' || value instanceof Uint8Array;
