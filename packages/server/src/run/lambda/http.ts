import { createApp, noFacts, requestDone } from '../../http/app.ts';
import { composeFunction } from './compose-function.ts';
import { type HttpEvent, type HttpResult, MAX_ANSWER_BYTES, originOf, requestOf, resultOf } from './http-event.ts';

const { config, composition, logger, emf } = await composeFunction('clients');
const { services, authenticator, signIn, objectEndpoint } = composition;

const app = createApp({
  services,
  authenticator,
  signIn,
  ...(await composition.openRateLimiters()),
  objectEndpoint,
  access: config,
  stopping: null,
  leaving: null,
  pressure: () => undefined, // one event at a time, and the account limits the instances
  maxAnswerBytes: MAX_ANSWER_BYTES,
  logger,
});

/** Answers an event of an HTTP API, or of a function URL, with the same app as the processes. */
export const handler = (event: HttpEvent): Promise<HttpResult> => emf.invocation(() => answerTo(event));

/**
 * The platform sends the answer: it is whole. Errors: for an event that is no request; of an answer's body that broke,
 * which the platform answers with 500.
 */
async function answerTo(event: HttpEvent): Promise<HttpResult> {
  const startMs = performance.now();
  const facts = noFacts();
  const request = requestOf(event);
  const origin = originOf(event);
  const done = (status: number, bytesOut: number) =>
    requestDone(facts, {
      method: request.method,
      target: origin.target,
      status,
      outcome: 'answered',
      elapsedMs: performance.now() - startMs,
      bytesIn: Number(request.headers.get('content-length')),
      bytesOut,
    });
  try {
    const result = await resultOf(await app.fetch(request, { event: origin, facts }));
    services.observe(done(result.statusCode, Buffer.byteLength(result.body, 'base64')));
    return result;
  } catch (error) {
    const failed = done(500, 0);
    services.observe({ event: 'request-failed', requestId: failed.requestId, error });
    services.observe(failed);
    throw error;
  }
}
