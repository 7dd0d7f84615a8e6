import { AWS_VARIABLES } from './aws-config.ts';
import { expected, optionalOrigin, type Read, variable } from './variable.ts';

export interface SqsConfig {
  readonly url: string;
  readonly region: string;
  /** null: derived from the queue's URL. */
  readonly endpoint: string | null;
  readonly caBundle: string | null;
}

export const SQS_VARIABLES = {
  sqsQueueUrl: variable({
    name: 'SQS_QUEUE_URL',
    group: 'aws',
    default: '',
    about:
      "The SQS queue for jobs and for the bucket's events, so that uploads are finalized at once. Unset: jobs are stored with the records.",
    parse: (given) =>
      given === '' || /^https?:\/\/[^/?#@\s]+\/[^?#\s]+$/i.test(given)
        ? given || null
        : expected("a queue's URL, as https://sqs.eu-central-1.amazonaws.com/123456789012/images"),
  }),
  sqsEndpoint: variable({
    name: 'AWS_ENDPOINT_URL_SQS',
    group: 'aws',
    default: '',
    about:
      "The address at which the service reaches SQS, such as `http://127.0.0.1:4566`. Unset: the host of the queue's URL; AWS_ENDPOINT_URL isn't used.",
    parse: optionalOrigin('http://127.0.0.1:4566'),
  }),
} as const;

export function readSqs(read: Read): SqsConfig | null {
  const url = read(SQS_VARIABLES.sqsQueueUrl);
  const endpoint = read(SQS_VARIABLES.sqsEndpoint);
  const region = read(AWS_VARIABLES.awsRegion);
  const caBundle = read(AWS_VARIABLES.caBundle);
  return url === null ? null : { url, region, endpoint, caBundle };
}
