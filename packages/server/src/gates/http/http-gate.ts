import { createHash } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { AppError } from '../../domain/errors.ts';
import type { Tracing } from '../../observe/observer/tracing.ts';
import type { Outbound } from '../../outbound/outbound.ts';
import type { Gate, GateRules, Preview, ScreenedCopy, ScreenedImage } from '../gate.ts';
import { MAX_ANSWER_BYTES, verdictIn } from './verdict.ts';

export interface HttpGateOptions {
  readonly name: string;
  readonly url: string;
  /** `whsec_` and base64. */
  readonly secret: string;
  readonly rules: GateRules;
  readonly outbound: Pick<Outbound, 'post'>;
  /** The gate may continue a trace that is kept. */
  readonly tracing: Pick<Tracing, 'outgoing'>;
  /** Somebody may decide later: there is a route that says so. Otherwise an answer of 202 is an error. */
  readonly mayDecideLater: boolean;
}

/** A gate that is asked by a signed POST (Standard Webhooks). */
export function createHttpGate({ name, url, secret, rules, outbound, tracing, mayDecideLater }: HttpGateOptions): Gate {
  const webhook = new Webhook(secret);
  return {
    name,
    rules,
    seesPreview: true,
    check: null,
    async ask({ image, preview }, signal) {
      const body = JSON.stringify(questionOf(name, { image, preview }));
      const id = messageId(name, image);
      const at = new Date(); // the receiver compares it with its own clock
      const traceparent = tracing.outgoing();
      const answer = await outbound.post(url, {
        headers: {
          'content-type': 'application/json',
          'webhook-id': id,
          'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
          'webhook-signature': webhook.sign(id, at, body),
          ...(traceparent && { traceparent }),
        },
        body,
        timeoutMs: rules.timeoutMs,
        maxAnswerBytes: MAX_ANSWER_BYTES,
        signal,
      });
      const verdict = verdictIn(answer);
      if (verdict.verdict === 'later' && !mayDecideLater)
        throw new AppError('unavailable', `expected a verdict of the gate ${name}, since AUTH is open; got 202`);
      return verdict;
    },
  };
}

/** A message id that is equal whenever the gate is asked about these bytes of this image. */
const messageId = (gate: string, { id, sha256 }: ScreenedImage): string =>
  `msg_${createHash('sha256').update(`${gate}\n${id}\n${sha256}`).digest('base64url')}`;

const questionOf = (gate: string, { image, preview }: Pick<ScreenedCopy, 'image' | 'preview'>) => ({
  type: 'image.check',
  gate,
  image: {
    id: image.id,
    user_id: image.userId,
    content_type: image.contentType,
    size_bytes: image.sizeBytes,
    width: image.width,
    height: image.height,
    sha256: image.sha256,
    tags: image.tags,
  },
  preview: preview && shown(preview),
});

const shown = ({ width, height, bytes }: Preview) => ({
  content_type: 'image/jpeg',
  width,
  height,
  data: Buffer.from(bytes).toString('base64'),
});
