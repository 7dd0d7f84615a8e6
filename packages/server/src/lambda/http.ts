import { createApp } from '../http/app.ts';
import { composeFunction } from './compose-function.ts';
import { type HttpEvent, type HttpResult, MAX_ANSWER_BYTES, originOf, requestOf, resultOf } from './http-event.ts';

const { config, composition, logger, emf } = await composeFunction('clients');
const { services, authenticator, signIn, objectEndpoint } = composition;

const app = createApp({
  services,
  authenticator,
  signIn,
  rateLimiter: await composition.openRateLimiter(),
  objectEndpoint,
  access: config,
  pressure: () => undefined, // one event at a time, and the account limits the instances
  maxAnswerBytes: MAX_ANSWER_BYTES,
  logger,
});

/** Answers an event of an HTTP API, or of a function URL, with the same app as the processes. */
export const handler = (event: HttpEvent): Promise<HttpResult> =>
  emf.invocation(async () => resultOf(await app.fetch(requestOf(event), { event: originOf(event) })));
