/**
 * A gate that asks Amazon Rekognition: a Lambda function of Node 22 with a function URL, which is the gate's URL. Its role may call
 * rekognition:DetectModerationLabels, and the variable GATE_SECRET has the gate's secret. Lambda brings the SDK.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { DetectModerationLabelsCommand, RekognitionClient } from '@aws-sdk/client-rekognition';

const SECRET = Buffer.from((process.env.GATE_SECRET ?? '').replace(/^whsec_/, ''), 'base64');
const MAX_AGE_SECONDS = 300;
const UNSURE_FROM = 60; // per cent; people decide
const REFUSED_FROM = 90;

const rekognition = new RekognitionClient({});

export async function handler({ headers, body, isBase64Encoded }) {
  const text = isBase64Encoded ? Buffer.from(body, 'base64').toString() : body;
  if (!isSigned(headers, text)) return { statusCode: 401 };
  const { preview } = JSON.parse(text);
  const { ModerationLabels: labels = [] } = await rekognition.send(
    new DetectModerationLabelsCommand({
      Image: { Bytes: Buffer.from(preview.data, 'base64') },
      MinConfidence: UNSURE_FROM,
    }),
  );
  const worst = labels.toSorted((one, other) => other.Confidence - one.Confidence)[0];
  if (worst === undefined) return json({ verdict: 'pass' });
  if (worst.Confidence < REFUSED_FROM) return { statusCode: 202 };
  const reason = 'expected a picture that everyone may see; got one that our classifier refuses';
  return json({ verdict: 'refuse', reason, private_reason: `${worst.Name}, ${Math.round(worst.Confidence)} %` });
}

/** Standard Webhooks: only the service knows the secret, and an old request can't be sent again. */
function isSigned({ 'webhook-id': id, 'webhook-timestamp': sentAt, 'webhook-signature': signatures = '' }, text) {
  if (!(Math.abs(Date.now() / 1000 - Number(sentAt)) < MAX_AGE_SECONDS)) return false;
  const expected = Buffer.from(`v1,${createHmac('sha256', SECRET).update(`${id}.${sentAt}.${text}`).digest('base64')}`);
  const given = signatures.split(' ').map((one) => Buffer.from(one));
  return given.some((one) => one.length === expected.length && timingSafeEqual(one, expected));
}

const json = (value) => ({
  statusCode: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});
